namespace Fleet.Agent.Session;

/// <summary>How a session ended, and what that means for the next one.</summary>
/// <param name="Reason">One word, for status and metrics.</param>
/// <param name="Message">For people.</param>
/// <param name="Stood">A Welcome had come: the back-off begins anew.</param>
internal sealed record SessionEnd(string Reason, string Message, bool Stood)
{
    /// <summary>Reconnect after exactly this (a Drain); null: after the back-off.</summary>
    public TimeSpan? After { get; init; }
    /// <summary>The hub asked for at least this.</summary>
    public TimeSpan? AtLeast { get; init; }
    /// <summary>The identity was not accepted: perhaps it expired.</summary>
    public bool IdentityRefused { get; init; }
    /// <summary>Only a change by an operator helps; tried again slowly.</summary>
    public bool IsLasting { get; init; }
}
