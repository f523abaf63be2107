using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Core.Reports;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Agent.Reconcile;

/// <summary>Writes the Core's Report in the words of the wire.</summary>
internal static class ReportWriting
{
    private const int MaxNotes = 50;

    public static V1.Report Write(AssignmentReport report, ReportFacts facts)
    {
        var written = new V1.Report
        {
            AssignmentUid = facts.Uid,
            AssignmentName = facts.Name,
            Revision = facts.Revision,
            SpecDigest = facts.SpecDigest,
            AppliedRevision = facts.AppliedRevision,
            AppliedSpecDigest = facts.AppliedSpecDigest,
            Phase = PhaseOf(report.Phase),
            Message = report.Message,
            Objects = new()
            {
                Desired = report.Counts.Desired,
                Current = report.Counts.Current,
                Progressing = report.Counts.Progressing,
                Failed = report.Counts.Failed,
                Drifted = report.Counts.Drifted,
                Pruned = report.Counts.Pruned,
                Held = report.Counts.Held,
            },
            ObservedTime = Timestamp.FromDateTimeOffset(facts.Now),
            Corrections = facts.Corrections,
        };
        if (facts.LastCorrection is { } last) written.LastCorrectionTime = Timestamp.FromDateTimeOffset(last);
        foreach (var r in report.Resources)
        {
            written.Resources.Add(new V1.ResourceState { Group = r.Key.Group, Kind = r.Key.Kind, Namespace = r.Key.Namespace, Name = r.Key.Name, Health = r.Health, Message = r.Message, Origin = r.Source, Reason = r.Outlook.Reason, Owner = r.Outlook.Owner, Since = Time(r.Outlook.Since), DeadlineTime = Time(r.Outlook.Deadline), NextTryTime = Time(r.Outlook.Next) });
        }
        foreach (var c in report.Conflicts)
        {
            written.Conflicts.Add(new V1.OwnershipConflict { Group = c.Key.Group, Kind = c.Key.Kind, Namespace = c.Key.Namespace, Name = c.Key.Name, Owner = c.Owner, OtherOwner = c.OtherOwner });
        }
        if (report.Error is { } e)
        {
            written.Error = new() { Retry = e.Kind.ToString(), Reason = e.Reason, Message = e.Message, Owner = e.Owner, Since = Time(e.Since), DeadlineTime = Time(e.Deadline) };
            if (e.NextTry is { } next) written.Error.NextTryTime = Timestamp.FromDateTimeOffset(next);
        }
        if (report.Outlook is { } o) written.Outlook = new() { Reason = o.Reason, Message = report.Message, Owner = o.Owner, Since = Time(o.Since), DeadlineTime = Time(o.Deadline), NextTime = Time(o.Next) };
        foreach (var h in report.Holds)
        {
            var hold = new V1.HoldSpec { Reason = h.Reason, Message = h.Message, Cluster = facts.Cluster, Assignment = facts.Name, Count = h.Count };
            hold.Items.Add(h.Items);
            written.Holds.Add(hold);
        }
        written.Drifts.Add(facts.Drifts.Take(DriftLog.MaxLines).Select(Drift));
        written.Notes.Add(report.Notes.Concat(facts.Notes).Take(MaxNotes));
        return written;
    }

    public static V1.FieldDrift Drift(DriftLine line)
    {
        var drift = Field(line.Key, line.Field.Path, line.Field.Expected, line.Field.Actual, line.Field.Manager);
        drift.SeenTime = Timestamp.FromDateTimeOffset(line.SeenAt);
        drift.Healed = line.HealedAt is not null;
        if (line.HealedAt is { } healed) drift.HealedTime = Timestamp.FromDateTimeOffset(healed);
        return drift;
    }

    public static V1.FieldDrift Field(ObjectKey key, string path, string expected, string actual, string manager) => new()
    {
        Group = key.Group,
        Kind = key.Kind,
        Namespace = key.Namespace,
        Name = key.Name,
        Field = path,
        Expected = expected,
        Actual = actual,
        Manager = manager,
    };

    public static ReportError Error(ErrorVerdict verdict, DateTimeOffset? nextTry, DateTimeOffset since) => new(verdict.Kind, verdict.Reason, verdict.Message, nextTry) { Since = since };

    private static Timestamp? Time(DateTimeOffset? time) => time is { } t ? Timestamp.FromDateTimeOffset(t) : null;

    private static V1.ReportPhase PhaseOf(ReportPhase phase) => phase switch
    {
        ReportPhase.Pending => V1.ReportPhase.Pending,
        ReportPhase.Rendering => V1.ReportPhase.Rendering,
        ReportPhase.Applying => V1.ReportPhase.Applying,
        ReportPhase.Progressing => V1.ReportPhase.Progressing,
        ReportPhase.Ready => V1.ReportPhase.Ready,
        ReportPhase.Drifted => V1.ReportPhase.Drifted,
        ReportPhase.Failed => V1.ReportPhase.Failed,
        ReportPhase.Stalled => V1.ReportPhase.Stalled,
        ReportPhase.Waiting => V1.ReportPhase.Waiting,
        ReportPhase.Suspended => V1.ReportPhase.Suspended,
        ReportPhase.Conflicted => V1.ReportPhase.Conflicted,
        ReportPhase.Removing => V1.ReportPhase.Removing,
        ReportPhase.Orphaned => V1.ReportPhase.Orphaned,
        _ => V1.ReportPhase.Unknown,
    };
}

/// <summary>What a Report says beside the fold.</summary>
internal sealed record ReportFacts
{
    public required string Uid { get; init; }
    public required string Name { get; init; }
    public required string Cluster { get; init; }
    public string Revision { get; init; } = "";
    public string SpecDigest { get; init; } = "";
    public string AppliedRevision { get; init; } = "";
    public string AppliedSpecDigest { get; init; } = "";
    public required DateTimeOffset Now { get; init; }
    public int Corrections { get; init; }
    public DateTimeOffset? LastCorrection { get; init; }
    public IReadOnlyList<DriftLine> Drifts { get; init; } = [];
    public IReadOnlyList<string> Notes { get; init; } = [];
}
