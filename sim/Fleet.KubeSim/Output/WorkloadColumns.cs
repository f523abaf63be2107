using System.Globalization;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Output;

/// <summary>Cells of workloads.</summary>
internal static class WorkloadColumns
{
    public static string Of(JsonObject item, string counter, string wanted) =>
        string.Create(CultureInfo.InvariantCulture, $"{item.Map("status").Whole(counter) ?? 0}/{item.Map("spec").Whole(wanted) ?? 0}");

    public static string Containers(JsonObject item, string field) =>
        string.Join(",", (item.Map("spec").Map("template").Map("spec").List("containers") ?? []).OfType<JsonObject>().Select(c => c.Text(field)));

    public static string Labels(JsonObject? labels) =>
        labels is { Count: > 0 } ? string.Join(",", labels.Select(l => $"{l.Key}={Json.TextOf(l.Value)}").Order(StringComparer.Ordinal)) : "<none>";

    public static string Selector(JsonObject item)
    {
        var selector = item.Map("spec").Map("selector");
        return Labels(selector.Map("matchLabels") ?? (item.Text("kind") == "ReplicationController" ? selector : null));
    }

    public static string ReadinessGates(JsonObject pod)
    {
        var gates = pod.Map("spec").List("readinessGates") ?? [];
        if (gates.Count == 0)
        {
            return "<none>";
        }

        var conditions = (pod.Map("status").List("conditions") ?? []).OfType<JsonObject>().ToArray();
        var passed = gates.OfType<JsonObject>().Count(g => conditions.Any(c => c.Text("type") == g.Text("conditionType") && c.Text("status") == "True"));
        return string.Create(CultureInfo.InvariantCulture, $"{passed}/{gates.Count}");
    }

    public static string JobStatus(JsonObject job)
    {
        var conditions = (job.Map("status").List("conditions") ?? []).OfType<JsonObject>().Where(c => c.Text("status") == "True").Select(c => c.Text("type")).ToArray();
        return conditions.Contains("Complete") ? "Complete"
            : conditions.Contains("Failed") ? "Failed"
            : job.Map("metadata")!.ContainsKey("deletionTimestamp") ? "Terminating"
            : conditions.Contains("Suspended") ? "Suspended"
            : conditions.Contains("FailureTarget") ? "FailureTarget"
            : conditions.Contains("SuccessCriteriaMet") ? "SuccessCriteriaMet"
            : "Running";
    }

    public static string Completions(JsonObject job)
    {
        var succeeded = job.Map("status").Whole("succeeded") ?? 0;
        if (job.Map("spec").Whole("completions") is { } completions)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{succeeded}/{completions}");
        }

        var parallelism = job.Map("spec").Whole("parallelism") ?? 0;
        return string.Create(CultureInfo.InvariantCulture, $"{succeeded}/1{(parallelism > 1 ? $" of {parallelism}" : "")}");
    }

    public static string JobDuration(JsonObject job, DateTimeOffset now)
    {
        var status = job.Map("status");
        if (!DateTimeOffset.TryParse(status.Text("startTime"), CultureInfo.InvariantCulture, out var started))
        {
            return "";
        }

        return HumanDuration.Of((DateTimeOffset.TryParse(status.Text("completionTime"), CultureInfo.InvariantCulture, out var ended) ? ended : now) - started);
    }
}
