using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Health;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Core.Plan;

namespace Fleet.Agent.Core.Reports;

/// <summary>How far the work on a ClusterAssignment has come; what its objects say is folded in afterwards.</summary>
public enum WorkStep
{
    Pending,
    Rendering,
    Applying,
    /// <summary>The Plan was carried out, as far as it could be.</summary>
    Settled,
    Removing,
    Suspended,
    Orphaned,
}

/// <summary>An error with what is done about it.</summary>
public sealed record ReportError(ErrorKind Kind, string Reason, string Message, DateTimeOffset? NextTry)
{
    /// <summary>When it failed so for the first time in a row.</summary>
    public DateTimeOffset? Since { get; init; }
    /// <summary>Whose turn it is.</summary>
    public string Owner { get; init; } = ErrorOwner.Of(Reason);
    /// <summary>From then on it counts as stalled; null: it does already.</summary>
    public DateTimeOffset? Deadline => Kind == ErrorKind.Stalled ? null : Since + Outlook.Patience;

    public bool IsOverdue(DateTimeOffset now) => Deadline is { } deadline && deadline <= now;
}

/// <summary>One object as a Report sees it.</summary>
public sealed record ObjectStanding(ObjectKey Key, string Source, ObjectHealth Health)
{
    /// <summary>Set when the last apply of it failed, or must wait.</summary>
    public ReportError? Error { get; init; }
    /// <summary>False until its present manifest was applied.</summary>
    public bool IsApplied { get; init; } = true;
    /// <summary>It differs from what was applied, and is not put right (yet).</summary>
    public bool IsDrifted { get; init; }
    /// <summary>Since when it is as it is.</summary>
    public DateTimeOffset? Since { get; init; }
}

/// <summary>Everything that a Report is folded from.</summary>
public sealed record ReportRequest
{
    public required WorkStep Step { get; init; }
    public IReadOnlyList<ObjectStanding> Objects { get; init; } = [];
    /// <summary>Of the Assignment as a whole: content, rendering, the API server itself.</summary>
    public ReportError? Error { get; init; }
    public IReadOnlyList<OwnerConflict> Conflicts { get; init; } = [];
    public IReadOnlyList<KeptItem> Kept { get; init; } = [];
    public int Pruned { get; init; }
    /// <summary>Nothing was rendered, which is no error and no success either.</summary>
    public bool IsEmpty { get; init; }
    public DateTimeOffset Now { get; init; }
    /// <summary>When the step began.</summary>
    public DateTimeOffset Since { get; init; }
    /// <summary>When the agent looks again by itself.</summary>
    public DateTimeOffset? Next { get; init; }
    public DateTimeOffset? SuspendedUntil { get; init; }
    /// <summary>Who suspended it, and why.</summary>
    public string SuspendReason { get; init; } = "";
}

/// <summary>One object that is not well.</summary>
public sealed record ResourceLine(ObjectKey Key, string Health, string Message, string Source, Outlook Outlook);

/// <summary>Removals that wait for an operator.</summary>
public sealed record HoldLine(string Reason, string Message, IReadOnlyList<string> Items, int Count);

/// <summary>Objects by state.</summary>
public sealed record ReportCounts(int Desired, int Current, int Progressing, int Failed, int Drifted, int Pruned, int Held);

/// <summary>One agent's word on one ClusterAssignment, without the names of the wire.</summary>
public sealed record AssignmentReport(ReportPhase Phase, string Message, ReportCounts Counts, IReadOnlyList<ResourceLine> Resources,
    ReportError? Error, IReadOnlyList<OwnerConflict> Conflicts, IReadOnlyList<HoldLine> Holds, IReadOnlyList<string> Notes)
{
    public Outlook? Outlook { get; init; }
}

/// <summary>Folds object states into one Report. The ranks stand here and nowhere else.</summary>
public static class ReportFold
{
    public const int MaxResources = 50;
    public const int MaxHeld = 100;
    private const int MaxMessage = 500;

    public static AssignmentReport Fold(ReportRequest request)
    {
        var error = Worst(request);
        var counts = Count(request);
        var phase = Phase(request, error, counts);
        return new(phase, Message(request, phase, error, counts), counts, Resources(request), error,
            [.. request.Conflicts.Take(MaxResources)], Holds(request), Notes(request)) { Outlook = Outlook.Of(request, phase, error) };
    }

    private static ReportPhase Phase(ReportRequest request, ReportError? error, ReportCounts counts)
    {
        switch (request.Step)
        {
            case WorkStep.Orphaned: return ReportPhase.Orphaned;
            case WorkStep.Suspended: return ReportPhase.Suspended;
            case WorkStep.Removing: return IsStalled(request, error) ? ReportPhase.Stalled : ReportPhase.Removing;
        }
        // What stops the whole outranks what a single object says.
        if (IsStalled(request, error)) return ReportPhase.Stalled;
        // An old manifest's failure says nothing about the new one, and must not stop the rollout that mends it.
        if (request.Objects.Any(HasFailed)) return ReportPhase.Failed;
        if (request.Conflicts.Count > 0) return ReportPhase.Conflicted;
        if (error is { Kind: ErrorKind.Waiting }) return ReportPhase.Waiting;
        switch (request.Step)
        {
            case WorkStep.Pending: return ReportPhase.Pending;
            case WorkStep.Rendering: return ReportPhase.Rendering;
            case WorkStep.Applying: return ReportPhase.Applying;
        }
        if (error is { Kind: ErrorKind.Transient }) return ReportPhase.Applying;
        if (request.Objects.Any(o => !o.IsApplied)) return ReportPhase.Applying;
        if (counts.Drifted > 0) return ReportPhase.Drifted;
        if (request.IsEmpty && request.Objects.Count == 0) return ReportPhase.Stalled;
        // A suspended CronJob or a paused Deployment is as its manifest asks: it holds nobody up.
        return request.Objects.All(o => o.Health.State is HealthState.Current or HealthState.Suspended) ? ReportPhase.Ready : ReportPhase.Progressing;
    }

    /// <summary>What has waited beyond its deadline, too: it is still tried, but somebody should look.</summary>
    private static bool IsStalled(ReportRequest request, ReportError? error) => error is { Kind: ErrorKind.Stalled } || error?.IsOverdue(request.Now) == true;

    /// <summary>The worst first: an error of the whole, then of objects; a stall before a wait before a retry; the earliest next try of equals.</summary>
    private static ReportError? Worst(ReportRequest request)
    {
        var own = request.Error is { } e ? [e] : Array.Empty<ReportError>();
        return own.Concat(request.Objects.Select(o => o.Error).OfType<ReportError>())
            .OrderBy(x => x.Kind switch { ErrorKind.Stalled => 0, ErrorKind.Waiting => 1, ErrorKind.Transient => 2, _ => 3 })
            .ThenBy(x => x.NextTry ?? DateTimeOffset.MaxValue)
            .FirstOrDefault();
    }

    private static ReportCounts Count(ReportRequest request) => new(
        request.Objects.Count,
        request.Objects.Count(o => o.IsApplied && o.Error is null && !o.IsDrifted && o.Health.State is HealthState.Current or HealthState.Suspended),
        request.Objects.Count(o => o.Health.State is HealthState.Progressing or HealthState.Terminating),
        request.Objects.Count(o => o.Health.State == HealthState.Failed),
        request.Objects.Count(o => o.IsDrifted),
        request.Pruned,
        request.Kept.Count(k => k.IsHeld));

    private static IReadOnlyList<ResourceLine> Resources(ReportRequest request) =>
        [.. request.Objects.Where(IsNotWell).OrderBy(Rank).ThenBy(o => o.Key).Take(MaxResources)
            .Select(o => new ResourceLine(o.Key, Word(o), Cut(o.Error?.Message ?? o.Health.Message), o.Source, Outlook.Of(o)))];

    private static bool HasFailed(ObjectStanding o) => o.IsApplied && o.Health.State == HealthState.Failed;

    private static bool IsNotWell(ObjectStanding o) => o.Error is not null || !o.IsApplied || o.Health.State != HealthState.Current;

    private static int Rank(ObjectStanding o) => o switch
    {
        { Error.Kind: ErrorKind.Stalled } => 0,
        { Health.State: HealthState.Failed } => 1,
        { Error: not null } => 2,
        { Health.State: HealthState.Missing } => 3,
        { Health.State: HealthState.Terminating } => 4,
        { Health.State: HealthState.Progressing } => 5,
        { IsApplied: false } => 6,
        { Health.State: HealthState.Unknown } => 7,
        _ => 8,
    };

    private static string Word(ObjectStanding o) => !o.IsApplied || o.Error is not null ? "NotApplied" : o.Health.State.ToString();

    private static string Message(ReportRequest request, ReportPhase phase, ReportError? error, ReportCounts counts)
    {
        var total = counts.Desired;
        return Cut(phase switch
        {
            ReportPhase.Ready => $"{total} object{(total == 1 ? "" : "s")} as wanted",
            ReportPhase.Stalled when error is null && request.IsEmpty => "the path holds no manifests. Put some there, or change the Assignment's path",
            ReportPhase.Stalled or ReportPhase.Waiting => error?.Message ?? "",
            ReportPhase.Applying when error is not null => error.Message,
            ReportPhase.Applying => $"{request.Objects.Count(o => o.IsApplied)} of {total} objects applied",
            ReportPhase.Failed => First(request, HasFailed),
            ReportPhase.Progressing => First(request, o => o.Health.State is not (HealthState.Current or HealthState.Suspended)),
            ReportPhase.Drifted => $"{counts.Drifted} object{(counts.Drifted == 1 ? "" : "s")} differ from what was applied",
            ReportPhase.Conflicted => $"{request.Conflicts.Count} object{(request.Conflicts.Count == 1 ? "" : "s")} belong to another Assignment, such as {request.Conflicts[0].Key} to {request.Conflicts[0].Owner}. Keep each in one Assignment, or set priority",
            ReportPhase.Suspended => $"suspended{(request.SuspendedUntil is { } until ? $" until {until.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC" : "")}: {(request.SuspendReason.Length > 0 ? request.SuspendReason : "left as it is")}",
            ReportPhase.Orphaned => "the hub no longer names this Assignment, and gave no word of its removal: it is kept",
            ReportPhase.Removing => error?.Message ?? "its objects are being removed",
            ReportPhase.Pending or ReportPhase.Rendering or ReportPhase.Unknown => error?.Message ?? "",
            _ => "",
        });
    }

    private static string First(ReportRequest request, Func<ObjectStanding, bool> which)
    {
        var all = request.Objects.Where(which).OrderBy(Rank).ThenBy(o => o.Key).ToList();
        return all.Count switch
        {
            0 => "",
            1 => $"{all[0].Key}: {all[0].Health.Message}",
            _ => $"{all[0].Key}: {all[0].Health.Message} (and {all.Count - 1} more)",
        };
    }

    private static IReadOnlyList<HoldLine> Holds(ReportRequest request) =>
        [.. request.Kept.Where(k => k.IsHeld).GroupBy(k => k.Reason)
            .Select(g => new HoldLine(g.Key.ToString(), Cut(g.First().Message), [.. g.Take(MaxHeld).Select(k => k.Key.ToString())], g.Count()))];

    private static IReadOnlyList<string> Notes(ReportRequest request) =>
        [.. request.Kept.Where(k => !k.IsHeld).Take(MaxResources).Select(k => Cut(k.Message))
            .Concat(request.Objects.Where(o => o.Health.State == HealthState.Current && o.Health.Message.Length > 0).Take(MaxResources).Select(o => Cut($"{o.Key}: {o.Health.Message}")))];

    private static string Cut(string s) => s.Length <= MaxMessage ? s : s[..MaxMessage] + "…";
}
