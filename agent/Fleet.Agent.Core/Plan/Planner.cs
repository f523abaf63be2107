using Fleet.Agent.Core.Drift;
using Fleet.Agent.Core.Inventory;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Plan;

/// <summary>Compares whole desired with whole actual. What is unchanged in both costs no API call.</summary>
public static class Planner
{
    public static ReconcilePlan Make(PlanRequest request)
    {
        var apply = new List<ApplyItem>();
        var verify = new List<VerifyItem>();
        var skip = new List<SkipItem>();
        var wait = new List<WaitItem>();
        var conflicts = new List<OwnerConflict>();
        var notes = new List<string>();
        foreach (var desired in request.Desired.Objects)
        {
            if (Claims.LosesTo(request, desired.Key) is { } winner)
            {
                conflicts.Add(new(desired.Key, winner.AssignmentName, request.AssignmentName));
                continue;
            }
            if (Claims.SharedWith(request, desired.Key) is { } sharer && !request.IsSuspended)
            {
                skip.Add(new(desired, SkipReason.Shared));
                if (sharer.Hash != desired.Hash) notes.Add($"{desired.Key} is shared with the Assignment {sharer.AssignmentName}, whose manifest of it differs and counts. Make the two equal, or set priority");
                continue;
            }
            switch (Decide(request, desired))
            {
                case ApplyItem item: apply.Add(item); break;
                case VerifyItem item: verify.Add(item); break;
                case WaitItem item: wait.Add(item); break;
                case SkipItem item: skip.Add(item); break;
            }
        }
        var (prune, keep) = request.IsSuspended ? ([], []) : PruneRules.Decide(request, [.. conflicts.Select(c => c.Key)]);
        return new()
        {
            Stages = [.. apply.OrderBy(i => i.Key, Comparer<ObjectKey>.Create(InstallOrder.Compare))
                .GroupBy(i => InstallOrder.StageOf(i.Key.Group, i.Key.Kind))
                .Select(g => new PlanStage(g.Key, InstallOrder.GateOf(g.Key), [.. g]))],
            Verify = [.. verify.OrderBy(i => i.Key, Comparer<ObjectKey>.Create(InstallOrder.Compare))],
            Skip = skip,
            Wait = wait,
            Prune = prune,
            Keep = keep,
            Conflicts = conflicts,
            Problems = request.Desired.Problems,
            Notes = notes,
        };
    }

    private static object Decide(PlanRequest request, DesiredObject desired)
    {
        if (request.IsSuspended) return new SkipItem(desired, SkipReason.Suspended);
        var entry = request.Inventory.Find(desired.Key);
        var observed = request.Observed.GetValueOrDefault(desired.Key);
        if (observed is { IsPresent: true, TerminatingSince: { } since })
        {
            // Where nothing watches it, the regular check is what sees it gone.
            if (request.IsFullCheck && entry is { IsIntent: false }) return new VerifyItem(desired, entry, IsSuspected: false);
            // An apply to it would be answered 200, and then it vanishes.
            return new WaitItem(desired, "Terminating", Terminating(desired.Key, since, observed.Finalizers, request.Now), null);
        }
        if (request.Failed.GetValueOrDefault(desired.Key) is { } failed && failed.Hash == desired.Hash && failed.NotBefore > request.Now)
        {
            return new WaitItem(desired, failed.Reason, failed.Message, failed.NotBefore);
        }
        if (entry is null || entry.IsIntent) return new ApplyItem(desired, ApplyReason.New, entry);
        if (entry.RenderedHash != desired.Hash) return new ApplyItem(desired, ApplyReason.Changed, entry);
        return observed switch
        {
            null => new ApplyItem(desired, ApplyReason.Unobserved, entry),
            { IsPresent: false } when entry.JobDone => new SkipItem(desired, SkipReason.JobDone),
            { IsPresent: false } => Correct(request, desired, entry, ApplyReason.Missing),
            _ when observed.Uid != entry.Uid => Correct(request, desired, entry, ApplyReason.Replaced),
            _ when observed.ValuesHash != entry.ValuesHash => Suspected(request, desired, entry, observed),
            _ when request.IsFullCheck => Checked(request, desired, entry, observed),
            _ => new SkipItem(desired, SkipReason.Unchanged),
        };
    }

    private static object Suspected(PlanRequest request, DesiredObject desired, InventoryEntry entry, ObservedObject observed)
    {
        if (request.Drift == DriftMode.Ignore) return new SkipItem(desired, SkipReason.DriftIgnored);
        if (observed.Judged is not { } judged || judged.ResourceVersion != observed.ResourceVersion) return new VerifyItem(desired, entry, IsSuspected: true);
        return judged.Verdict.IsDrift ? Correct(request, desired, entry, ApplyReason.Drifted) : new SkipItem(desired, SkipReason.Unchanged);
    }

    private static object Checked(PlanRequest request, DesiredObject desired, InventoryEntry entry, ObservedObject observed)
    {
        if (observed.Judged is not { } judged || judged.ResourceVersion != observed.ResourceVersion) return new VerifyItem(desired, entry, IsSuspected: false);
        return judged.Verdict.IsDrift ? Correct(request, desired, entry, ApplyReason.Drifted) : new SkipItem(desired, SkipReason.Unchanged);
    }

    private static object Correct(PlanRequest request, DesiredObject desired, InventoryEntry entry, ApplyReason reason)
    {
        switch (request.Drift)
        {
            case DriftMode.Report: return new SkipItem(desired, SkipReason.DriftReported);
            case DriftMode.Ignore: return new SkipItem(desired, SkipReason.DriftIgnored);
        }
        var history = request.Corrections.GetValueOrDefault(desired.Key, CorrectionHistory.None);
        var notBefore = CorrectionBackoff.NotBefore(history, request.Now);
        if (notBefore <= request.Now) return new ApplyItem(desired, reason, entry);
        var who = request.Observed.GetValueOrDefault(desired.Key)?.Judged?.Verdict.Managers.ToList() is { Count: > 0 } managers ? string.Join(", ", managers) : "something";
        return new WaitItem(desired, "Fight", $"{who} keeps changing {desired.Key}: it was corrected {history.Count} times. Stop it, or ignore the field in the Assignment", notBefore);
    }

    private static string Terminating(ObjectKey key, DateTimeOffset since, IReadOnlyList<string> finalizers, DateTimeOffset now)
    {
        var age = now - since;
        var held = finalizers.Count == 0 ? "" : $", held by the finalizer {string.Join(", ", finalizers)}";
        return $"{key} is being deleted since {Math.Max(0, (long)age.TotalSeconds)} s{held}; it is created anew once it is gone";
    }
}
