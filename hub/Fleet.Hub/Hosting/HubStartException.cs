namespace Fleet.Hub.Hosting;

/// <summary>The hub cannot start as it was told to; the message says what to change.</summary>
public sealed class HubStartException(string message, Exception? inner = null) : Exception(message, inner);
