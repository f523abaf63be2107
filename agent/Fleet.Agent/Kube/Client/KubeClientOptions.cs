namespace Fleet.Agent.Kube.Client;

/// <summary>The client's bounds.</summary>
public sealed record KubeClientOptions
{
    /// <summary>For one call, from its first byte to its last.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(30);
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);
    /// <summary>How long a watch is asked to live; each takes a random time from this to its double.</summary>
    public TimeSpan WatchLifetime { get; init; } = TimeSpan.FromMinutes(5);
    /// <summary>How much longer than asked a silent watch may last before it counts as broken.</summary>
    public TimeSpan WatchGrace { get; init; } = TimeSpan.FromSeconds(30);
    public int MaxConnections { get; init; } = 8;
    /// <summary>For one object, or one event of a watch.</summary>
    public int MaxObjectBytes { get; init; } = 8 << 20;
    /// <summary>For one page of a list, or a discovery document.</summary>
    public int MaxListBytes { get; init; } = 32 << 20;
    /// <summary>How long an answer of "no such kind" stands before it is asked again.</summary>
    public TimeSpan UnknownKindLifetime { get; init; } = TimeSpan.FromSeconds(2);
    public string UserAgent { get; init; } = "fleet-agent";
}
