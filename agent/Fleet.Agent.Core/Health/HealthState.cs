namespace Fleet.Agent.Core.Health;

/// <summary>How an object is.</summary>
public enum HealthState
{
    /// <summary>It is as its spec asks.</summary>
    Current,
    /// <summary>It is on its way.</summary>
    Progressing,
    Failed,
    Suspended,
    Terminating,
    Missing,
    Unknown,
}

/// <summary>A judgement on one object; a note is for people and blocks nothing.</summary>
public sealed record ObjectHealth(HealthState State, string Message)
{
    public static readonly ObjectHealth Current = new(HealthState.Current, "");
    public static readonly ObjectHealth Missing = new(HealthState.Missing, "it is not in the cluster");

    /// <summary>When to look again although nothing changed (a time limit that runs); null when only an event changes the judgement.</summary>
    public DateTimeOffset? LookAgainAt { get; init; }

    internal static ObjectHealth Progressing(string message) => new(HealthState.Progressing, message);
    internal static ObjectHealth Failed(string message) => new(HealthState.Failed, message);
    internal static ObjectHealth Suspended(string message) => new(HealthState.Suspended, message);
    internal static ObjectHealth Note(string message) => new(HealthState.Current, message);
}
