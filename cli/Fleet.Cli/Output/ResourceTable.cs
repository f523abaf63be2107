using Fleet.V1;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Cli.Output;

/// <summary>The columns of each kind; wide adds those that are long.</summary>
internal static class ResourceTable
{
    public static TextTable Of(IReadOnlyList<Resource> items, bool wide, DateTimeOffset now)
    {
        var columns = Columns(items[0], wide, now);
        var table = new TextTable([.. columns.Select(c => c.Head)]);
        foreach (var item in items)
        {
            table.Add([.. columns.Select(c => c.Cell(item))]);
        }

        return table;
    }

    private static List<(string Head, Func<Resource, string> Cell)> Columns(Resource first, bool wide, DateTimeOffset now)
    {
        List<(string, Func<Resource, string>)> columns = [("NAME", r => r.Meta().Name)];
        List<(string, Func<Resource, string>)> extra = [];
        switch (first.KindCase)
        {
            case Resource.KindOneofCase.GitSource:
                columns.AddRange([
                    ("READY", r => Ready(r.GitSource.Status?.Conditions)),
                    ("REFS", r => Dash(string.Join(",", (r.GitSource.Status?.Refs ?? []).Select(f => $"{f.Ref}@{Short(f.Commit)}")))),
                    ("POLLED", r => Age(r.GitSource.Status?.LastPollTime, now)),
                    ("URL", r => r.GitSource.Spec.Url)]);
                extra.Add(("MESSAGE", r => ReadyMessage(r.GitSource.Status?.Conditions)));
                break;
            case Resource.KindOneofCase.ClusterGroup:
                columns.AddRange([
                    ("CLUSTERS", r => $"{r.ClusterGroup.Status?.Clusters ?? 0}"),
                    ("CONNECTED", r => $"{r.ClusterGroup.Status?.Connected ?? 0}"),
                    ("SELECTOR", r => Selector(r.ClusterGroup.Spec))]);
                extra.Add(("NAMES", r => Dash(string.Join(",", r.ClusterGroup.Status?.ClusterNames ?? []))));
                break;
            case Resource.KindOneofCase.Assignment:
                columns.AddRange([
                    ("READY", r => Ready(r.Assignment.Status?.Conditions)),
                    ("CLUSTERS", r => $"{r.Assignment.Status?.Counts?.Ready ?? 0}/{r.Assignment.Status?.Counts?.Clusters ?? 0}"),
                    ("REVISION", r => Dash(Short(r.Assignment.Status?.Revision))),
                    ("SOURCE", r => $"{r.Assignment.Spec.Source}@{Dash(r.Assignment.Spec.Ref)}:{Dash(r.Assignment.Spec.Path)}"),
                    ("GROUPS", r => string.Join(",", r.Assignment.Spec.Groups))]);
                extra.Add(("MESSAGE", r => ReadyMessage(r.Assignment.Status?.Conditions)));
                break;
            case Resource.KindOneofCase.Cluster:
                columns.AddRange([
                    ("STATE", r => Dash(r.Cluster.Status?.State)),
                    ("READY", r => $"{r.Cluster.Status?.Counts?.Ready ?? 0}/{r.Cluster.Status?.Counts?.Clusters ?? 0}"),
                    ("LAST SEEN", r => LastSeen(r.Cluster.Status, now)),
                    ("VERSION", r => Dash(r.Cluster.Status?.KubernetesVersion)),
                    ("LABELS", r => Dash(Labels(r.Meta().Labels)))]);
                extra.Add(("AGENT", r => Dash(r.Cluster.Status?.AgentVersion)));
                extra.Add(("GENERATION", r => $"{r.Cluster.Status?.AcknowledgedGeneration ?? 0}/{r.Cluster.Status?.DesiredGeneration ?? 0}"));
                extra.Add(("NODE", r => Dash(r.Cluster.Status?.Node)));
                break;
            case Resource.KindOneofCase.ClusterAssignment:
                columns.Clear();
                columns.AddRange([
                    ("ASSIGNMENT", r => r.ClusterAssignment.Spec.Assignment),
                    ("CLUSTER", r => r.ClusterAssignment.Spec.Cluster),
                    ("PHASE", r => Dash(r.ClusterAssignment.Status?.Phase)),
                    ("OBJECTS", r => $"{r.ClusterAssignment.Status?.Objects?.Current ?? 0}/{r.ClusterAssignment.Status?.Objects?.Desired ?? 0}"),
                    ("REVISION", r => Dash(Short(r.ClusterAssignment.Status?.AppliedRevision))),
                    ("MESSAGE", r => Cut(r.ClusterAssignment.Status?.Message, wide ? 400 : 80))]);
                extra.Add(("WANTED", r => Dash(Short(r.ClusterAssignment.Spec.Revision))));
                extra.Add(("REPORTED", r => Age(r.ClusterAssignment.Status?.LastReportTime, now)));
                break;
            case Resource.KindOneofCase.EnrollmentToken:
                columns.AddRange([
                    ("STATE", r => Dash(r.EnrollmentToken.Status?.State)),
                    ("USED", r => $"{r.EnrollmentToken.Status?.Used ?? 0}/{r.EnrollmentToken.Spec.Uses}"),
                    ("NAMES", r => Dash(r.EnrollmentToken.Spec.ClusterNames)),
                    ("EXPIRES", r => Until(r.EnrollmentToken.Status?.ExpiryTime, now)),
                    ("LABELS", r => Dash(Labels(r.EnrollmentToken.Spec.Labels)))]);
                break;
            case Resource.KindOneofCase.Hold:
                columns.AddRange([
                    ("REASON", r => r.Hold.Spec.Reason),
                    ("CLUSTER", r => Dash(r.Hold.Spec.Cluster)),
                    ("ASSIGNMENT", r => Dash(r.Hold.Spec.Assignment)),
                    ("COUNT", r => $"{r.Hold.Spec.Count}"),
                    ("SINCE", r => Age(r.Hold.Spec.Since, now)),
                    ("MESSAGE", r => Cut(r.Hold.Spec.Message, wide ? 400 : 80))]);
                break;
            case Resource.KindOneofCase.Incident:
                columns.AddRange([
                    ("REASON", r => r.Incident.Reason),
                    ("CLUSTERS", r => $"{r.Incident.Clusters.Count}"),
                    ("SINCE", r => Age(r.Incident.Since, now)),
                    ("RELEASED", r => Age(r.Incident.ReleasedTime, now)),
                    ("MESSAGE", r => Cut(r.Incident.Message, wide ? 400 : 80))]);
                break;
            case Resource.KindOneofCase.AuditEvent:
                columns.Clear();
                columns.AddRange([
                    ("AGE", r => Age(r.AuditEvent.Time, now)),
                    ("ACTOR", r => r.AuditEvent.Actor),
                    ("ACTION", r => r.AuditEvent.Action),
                    ("TARGET", r => r.AuditEvent.Target),
                    ("MESSAGE", r => Cut(r.AuditEvent.Message, wide ? 400 : 80))]);
                break;
        }

        if (first.KindCase is not (Resource.KindOneofCase.AuditEvent or Resource.KindOneofCase.ClusterAssignment or Resource.KindOneofCase.Hold or Resource.KindOneofCase.Incident))
        {
            columns.Insert(Math.Min(columns.Count, 4), ("AGE", r => Age(r.Meta().CreationTimestamp, now)));
        }

        return wide ? [.. columns, .. extra] : columns;
    }

    public static string Ready(RepeatedField<Condition>? conditions) => conditions?.FirstOrDefault(c => c.Type == "Ready")?.Status ?? "Unknown";

    public static string ReadyMessage(RepeatedField<Condition>? conditions) =>
        conditions?.FirstOrDefault(c => c.Type == "Ready") is { } c ? (c.Status == "True" ? "" : $"{c.Reason}: ") + c.Message : "";

    public static string Short(string? commit) => commit is { Length: > 10 } ? commit[..10] : commit ?? "";

    public static string Labels(MapField<string, string> labels) => string.Join(",", labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}"));

    public static string Age(Timestamp? time, DateTimeOffset now) => time is null ? "-" : Durations.Age(now - time.ToDateTimeOffset());

    /// <summary>The hub stores transitions, not heartbeats: a connected cluster is seen all the time.</summary>
    public static string LastSeen(ClusterStatus? status, DateTimeOffset now) => status?.State == "Connected" ? "now" : Age(status?.LastSeenTime, now);

    public static string Dash(string? text) => string.IsNullOrEmpty(text) ? "-" : text;

    public static string Cut(string? text, int length)
    {
        var line = (text ?? "").ReplaceLineEndings(" ");
        return line.Length <= length ? line : line[..(length - 1)] + "…";
    }

    private static string Until(Timestamp? time, DateTimeOffset now) =>
        time is null ? "-" : time.ToDateTimeOffset() < now ? "expired" : "in " + Durations.Age(time.ToDateTimeOffset() - now);

    private static string Selector(ClusterGroupSpec spec)
    {
        var parts = new List<string>();
        if (spec.Selector is { } selector)
        {
            parts.AddRange(selector.MatchLabels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}"));
            parts.AddRange(selector.MatchExpressions.Select(e => e.Operator switch
            {
                "Exists" => e.Key,
                "DoesNotExist" => "!" + e.Key,
                _ => $"{e.Key} {e.Operator.ToLowerInvariant()} ({string.Join(",", e.Values)})",
            }));
            if (parts.Count == 0)
            {
                parts.Add("<all>");
            }
        }

        if (spec.Names.Count > 0)
        {
            parts.Add($"names={string.Join("+", spec.Names)}");
        }

        return Dash(string.Join(",", parts));
    }
}
