using Fleet.Agent.Core.Errors;

namespace Fleet.Agent.Core.Reports;

/// <summary>Why something is not done yet, whose turn it is, until when that is normal, and when it is looked at next.</summary>
/// <param name="Reason">One word.</param>
/// <param name="Owner">git, assignment, operator, cluster, hub, agent, or another Assignment by name.</param>
/// <param name="Since">When it began.</param>
/// <param name="Deadline">Until then it is normal; null: only its owner ends it.</param>
/// <param name="Next">When the agent looks again although nothing happens.</param>
public sealed record Outlook(string Reason, string Owner, DateTimeOffset? Since, DateTimeOffset? Deadline, DateTimeOffset? Next)
{
    /// <summary>What only waits or is only tried again counts as stalled when it has lasted so long: somebody should look.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>Null for what is done.</summary>
    public static Outlook? Of(ReportRequest request, ReportPhase phase, ReportError? error)
    {
        var next = request.Next;
        if (phase == ReportPhase.Ready) return null;
        if (phase == ReportPhase.Suspended) return new("Suspended", "operator", request.Since, request.SuspendedUntil, request.SuspendedUntil ?? next);
        if (phase == ReportPhase.Orphaned) return new("Orphaned", "operator", request.Since, null, next);
        if (error is not null && phase is not (ReportPhase.Failed or ReportPhase.Conflicted)) return new(error.Reason, error.Owner, error.Since ?? request.Since, error.Deadline, error.NextTry ?? next);
        return phase switch
        {
            ReportPhase.Conflicted => new("Conflict", $"Assignment {request.Conflicts[0].Owner}", request.Since, null, next),
            ReportPhase.Failed => new("ObjectFailed", "cluster", request.Since, null, next),
            ReportPhase.Drifted => new("DriftReported", "operator", request.Since, null, next),
            ReportPhase.Stalled => new("EmptyPath", "git", request.Since, null, next),
            ReportPhase.Progressing => new("Progressing", "cluster", request.Since, request.Since + Patience, next),
            ReportPhase.Pending or ReportPhase.Rendering or ReportPhase.Applying or ReportPhase.Removing or ReportPhase.Waiting or ReportPhase.Unknown => new(phase.ToString(), "agent", request.Since, request.Since + Patience, next),
            _ => null,
        };
    }

    /// <summary>Of one object.</summary>
    public static Outlook Of(ObjectStanding standing) => standing.Error is { } e
        ? new(e.Reason, e.Owner, e.Since, e.Deadline, e.NextTry)
        : new(standing.Health.State.ToString(), standing.IsApplied ? "cluster" : "agent", standing.Since, standing.Health.State is Health.HealthState.Failed ? null : standing.Since + Patience, standing.Health.LookAgainAt);
}

/// <summary>Who can end an error.</summary>
public static class ErrorOwner
{
    public static string Of(string reason) => reason switch
    {
        "Invalid" or "Schema" or "BadRequest" or ErrorJudge.Immutable or "TooLarge" or "MethodNotAllowed" or "UnsupportedMediaType" or "RenderFailed" or "Duplicate" or "AtomicPreflight" or "WebhookDenied"
            or "NamespaceMissing" or "UnknownKind" => "git",
        "UnknownFormat" or "BadPath" or "BadServiceAccount" or "Exists" or "NotOurs" or "FieldConflict" => "assignment",
        "Forbidden" or "QuotaExceeded" or "PolicyRefused" or "Untrusted" or "NoCredential" or "Unauthorized" or "Fight" or "InventoryDamaged" or "NotImplemented" => "operator",
        "Terminating" or "NamespaceTerminating" or "Replacing" or "NotServed" or "TooManyRequests" or "Unavailable" or "TimedOut" or "Unreachable" or "Unreadable" or "ServerTimeout" or "ServerError"
            or "WebhookUnavailable" or "BackendNotReady" or "Conflict" or "AlreadyExists" or "Expired" or "InternalError" => "cluster",
        "NoSession" or "NotFound" or "BadHash" or "Incomplete" or "BadRevision" => "hub",
        _ => "agent",
    };
}
