using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Health;
using Fleet.Agent.Core.Plan;
using Fleet.Agent.Core.Reports;

namespace Fleet.Agent.Reconcile;

/// <summary>Gathers what a Report is folded from.</summary>
internal static class ReportComposing
{
    private static readonly ObjectHealth NotSeen = new(HealthState.Unknown, "it was not looked at yet");

    public static V1.Report Compose(PassContext context, AssignmentState state, V1.Target? target, V1.TargetSpec? spec, WorkStep step, ReportError? error, IReadOnlyList<string> notes, DateTimeOffset? next)
    {
        lock (state.Sync)
        {
            var rendered = state.Rendered;
            var isTarget = target is not null && rendered?.IsOf(target.Revision, target.SpecDigest) == true;
            var objects = rendered is null ? [] : rendered.Desired.Objects.Select(d => Standing(context, state, d)).ToList();
            // A removal that gets nowhere and a step that goes on are told by when they began; a settled one by what its objects say.
            if (state.Step != (step, target?.Revision, target?.SpecDigest)) (state.Step, state.StepSince) = ((step, target?.Revision, target?.SpecDigest), context.Now);
            var request = new ReportRequest
            {
                Now = context.Now,
                Since = state.StepSince,
                Next = next ?? state.NextFullCheck,
                SuspendedUntil = spec is null ? null : SpecReading.SuspendedUntil(spec, context.Now),
                SuspendReason = spec?.SuspendReason ?? "",
                Step = step,
                Objects = step == WorkStep.Removing ? Leaving(state) : [.. objects, .. Problems(rendered)],
                Error = error,
                Conflicts = state.Conflicts,
                Kept = state.Kept,
                Pruned = state.Pruned,
                IsEmpty = isTarget && rendered!.Desired.Objects.Count == 0 && rendered.Desired.Problems.Count == 0,
            };
            var applied = isTarget && objects.All(o => o.IsApplied) && rendered!.Desired.Problems.Count == 0 && step is not WorkStep.Removing;
            return ReportWriting.Write(ReportFold.Fold(request), new ReportFacts
            {
                Uid = state.Uid,
                Name = state.Name,
                Cluster = context.ClusterName,
                Revision = target?.Revision ?? "",
                SpecDigest = target?.SpecDigest ?? "",
                AppliedRevision = applied ? target!.Revision : state.AppliedRevision,
                AppliedSpecDigest = applied ? target!.SpecDigest : state.AppliedSpecDigest,
                Now = context.Now,
                Corrections = state.CorrectionsMade,
                LastCorrection = state.LastCorrection,
                Drifts = [.. state.Drifts.Lines],
                Notes = [.. notes, .. rendered is null ? [] : rendered.Desired.Objects.Select(d => state.ChangedAtAdmission.GetValueOrDefault(d.Key)).OfType<string>()],
            }.Remembered(state, applied));
        }
    }

    private static ReportFacts Remembered(this ReportFacts facts, AssignmentState state, bool applied)
    {
        if (applied) (state.AppliedRevision, state.AppliedSpecDigest) = (facts.AppliedRevision, facts.AppliedSpecDigest);
        return facts;
    }

    private static ObjectStanding Standing(PassContext context, AssignmentState state, DesiredObject desired)
    {
        var entry = state.Inventory.Find(desired.Key);
        var seen = state.Observed.GetValueOrDefault(desired.Key);
        if (state.Shared.Contains(desired.Key)) return new(desired.Key, desired.Source, context.Index.HealthOf(desired.Key) ?? NotSeen);
        var isApplied = entry is not null && entry.RenderedHash == desired.Hash;
        var health = seen?.Health ?? (isApplied ? NotSeen : ObjectHealth.Missing);
        // Done and taken away by its TTL: that is how it was meant.
        if (entry is { JobDone: true } && isApplied && seen is { Object.IsPresent: false }) health = ObjectHealth.Current;
        ReportError? error = null;
        if (state.Failed.TryGetValue(desired.Key, out var failed) && failed.Try.Hash == desired.Hash) error = new(failed.Kind, failed.Try.Reason, failed.Try.Message, failed.Try.NotBefore) { Since = failed.Since };
        else if (state.Waiting.FirstOrDefault(w => w.Key == desired.Key && w.Desired.Hash == desired.Hash) is { } wait) error = new(ErrorKind.Waiting, wait.Reason, wait.Message, wait.Until);
        return new(desired.Key, desired.Source, health)
        {
            IsApplied = isApplied,
            Since = state.SinceOf(desired.Key, health.State, context.Now),
            Error = error,
            IsDrifted = state.Drifts.Lines.Any(l => l.Key == desired.Key && l.HealedAt is null),
        };
    }

    /// <summary>Objects that cannot be planned stand beside the others, with what to do.</summary>
    private static IEnumerable<ObjectStanding> Problems(RenderedSet? rendered) => (rendered?.Desired.Problems ?? [])
        .Select(p => new ObjectStanding(p.Key, p.Source, ObjectHealth.Missing) { IsApplied = false, Error = new(Core.Errors.ErrorKind.Stalled, p.Reason, p.Message, null) });

    private static List<ObjectStanding> Leaving(AssignmentState state) =>
        [.. state.Inventory.Entries.OrderBy(e => e.Key).Select(e => new ObjectStanding(e.Key, "", state.Observed.GetValueOrDefault(e.Key)?.Health ?? NotSeen))];
}
