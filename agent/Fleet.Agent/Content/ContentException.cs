namespace Fleet.Agent.Content;

/// <summary>Content that must not be used: what it is, and why. Nothing of the transfer is used further.</summary>
internal sealed class ContentException(string reason, string message) : Exception(message)
{
    public string Reason { get; } = reason;
}
