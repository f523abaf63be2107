namespace Fleet.Hub.Storage.Signals;

/// <summary>Wakes loops early. A signal may be lost or be spurious: each loop also polls.</summary>
public interface IChangeSignal
{
    /// <summary>Wakes the topic's subscribers, at all hub nodes or at the named one. Never blocks and never fails.</summary>
    void Publish(string topic, string? node = null);

    /// <summary>Subscribes to topics; dispose the subscription to end it.</summary>
    IChangeSubscription Subscribe(params ReadOnlySpan<string> topics);
}

/// <summary>One loop's subscription. Signals that come while the loop is busy are kept as one.</summary>
public interface IChangeSubscription : IDisposable
{
    /// <summary>True as soon as a topic was signalled since the last wait; false after <paramref name="atMost"/>.</summary>
    Task<bool> WaitAsync(TimeSpan atMost, CancellationToken cancellationToken);
}

/// <summary>The topics.</summary>
public static class Topics
{
    /// <summary>Work was raised.</summary>
    public const string Work = "work";

    /// <summary>An API resource changed: read the change feed.</summary>
    public const string Resources = "resources";

    /// <summary>Desired generations rose: ask for the clusters behind.</summary>
    public const string Targets = "targets";

    /// <summary>Reports were stored.</summary>
    public const string Reports = "reports";

    /// <summary>A session was attached, detached, revoked or quarantined.</summary>
    public const string Sessions = "sessions";

    /// <summary>An identity was ended for good: each node notes it beside its database.</summary>
    public const string Revocations = "revocations";

    /// <summary>A command waits for the node that holds its agent's session.</summary>
    public const string Commands = "commands";

    /// <summary>A command was answered.</summary>
    public const string CommandResults = "command_results";

    /// <summary>The hub's certificate authorities changed.</summary>
    public const string Authorities = "authorities";
}
