namespace Fleet.Agent.Core.Errors;

/// <summary>What must happen before another try makes sense.</summary>
public enum ErrorKind
{
    /// <summary>Somebody must change something: Git, the Assignment, rights, the cluster.</summary>
    Stalled,
    /// <summary>The server named a time, or something else must come first.</summary>
    Waiting,
    /// <summary>It may pass by itself; tried again with back-off.</summary>
    Transient,
}

/// <summary>An error judged: its kind, a stable reason in one word, what happened and what to do, and the shortest wait the server asked for.</summary>
public sealed record ErrorVerdict(ErrorKind Kind, string Reason, string Message, TimeSpan? Wait = null);
