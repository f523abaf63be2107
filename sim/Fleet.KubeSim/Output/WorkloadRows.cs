using System.Globalization;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Output;

/// <summary>What tables show of workloads.</summary>
internal static class WorkloadRows
{
    public static KeyValuePair<ResourceKey, Func<JsonObject, DateTimeOffset, JsonNode?[]>>[] All { get; } =
    [
        new(new ResourceKey("apps", "deployments"), (o, now) =>
        [
            Cell.Name(o), Ready(o), Cell.Number(o, "status", "updatedReplicas"), Cell.Number(o, "status", "availableReplicas"), Cell.Age(o, now),
            Containers(o, "name"), Containers(o, "image"), Cell.Selector(Cell.Map(o, "spec", "selector")),
        ]),
        new(new ResourceKey("apps", "replicasets"), (o, now) => [.. Replicas(o, now), Cell.Selector(Cell.Map(o, "spec", "selector"))]),
        new(new ResourceKey("", "replicationcontrollers"), (o, now) => [.. Replicas(o, now), Cell.Labels(Cell.Map(o, "spec", "selector"))]),
        new(new ResourceKey("apps", "statefulsets"), (o, now) => [Cell.Name(o), Ready(o), Cell.Age(o, now), Containers(o, "name"), Containers(o, "image")]),
        new(new ResourceKey("apps", "daemonsets"), (o, now) =>
        [
            Cell.Name(o), Cell.Number(o, "status", "desiredNumberScheduled"), Cell.Number(o, "status", "currentNumberScheduled"),
            Cell.Number(o, "status", "numberReady"), Cell.Number(o, "status", "updatedNumberScheduled"), Cell.Number(o, "status", "numberAvailable"),
            Cell.Labels(Cell.Map(o, "spec", "template", "spec", "nodeSelector")), Cell.Age(o, now),
            Containers(o, "name"), Containers(o, "image"), Cell.Selector(Cell.Map(o, "spec", "selector")),
        ]),
        new(new ResourceKey("batch", "jobs"), (o, now) =>
        [
            Cell.Name(o), JobStatus(o), Completions(o), JobDuration(o, now), Cell.Age(o, now),
            Containers(o, "name"), Containers(o, "image"), Cell.Selector(Cell.Map(o, "spec", "selector")),
        ]),
        new(new ResourceKey("batch", "cronjobs"), (o, now) =>
        [
            Cell.Name(o), Cell.Text(o, "spec", "schedule"), Cell.TextOr("<none>", o, "spec", "timeZone"), Suspended(o),
            Cell.List(o, "status", "active").Count, Cell.Text(o, "status", "lastScheduleTime") is { Length: > 0 } last ? Cell.Since(last, now) : "<none>",
            Cell.Age(o, now), Containers(Cell.Map(o, "spec", "jobTemplate") ?? [], "name"), Containers(Cell.Map(o, "spec", "jobTemplate") ?? [], "image"),
            Cell.Selector(Cell.Map(o, "spec", "jobTemplate", "spec", "selector")),
        ]),
        new(new ResourceKey("", "podtemplates"), (o, _) =>
        [
            Cell.Name(o), Listed(Cell.List(o, "template", "spec", "containers"), "name"), Listed(Cell.List(o, "template", "spec", "containers"), "image"),
            Cell.Labels(Cell.Map(o, "template", "metadata", "labels")),
        ]),
        new(new ResourceKey("apps", "controllerrevisions"), (o, now) => [Cell.Name(o), Controller(o), Cell.Number(o, "revision"), Cell.Age(o, now)]),
        new(new ResourceKey("policy", "poddisruptionbudgets"), (o, now) =>
        [
            Cell.Name(o), Cell.Either("N/A", o.Map("spec")?["minAvailable"]), Cell.Either("N/A", o.Map("spec")?["maxUnavailable"]),
            Cell.Number(o, "status", "disruptionsAllowed"), Cell.Age(o, now),
        ]),
        new(new ResourceKey("autoscaling", "horizontalpodautoscalers"), (o, now) =>
        [
            Cell.Name(o), $"{Cell.Text(o, "spec", "scaleTargetRef", "kind")}/{Cell.Text(o, "spec", "scaleTargetRef", "name")}", AutoscalerTargets.Of(o),
            Cell.Either("<unset>", o.Map("spec")?["minReplicas"]), Cell.Number(o, "spec", "maxReplicas"), Cell.Number(o, "status", "currentReplicas"), Cell.Age(o, now),
        ]),
        new(new ResourceKey("autoscaling", "scales"), (o, now) =>
            [Cell.Name(o), Cell.Number(o, "spec", "replicas"), Cell.Number(o, "status", "replicas"), Cell.Age(o, now)]),
    ];

    private static JsonNode?[] Replicas(JsonObject o, DateTimeOffset now) =>
    [
        Cell.Name(o), Cell.Number(o, "spec", "replicas"), Cell.Number(o, "status", "replicas"), Cell.Number(o, "status", "readyReplicas"), Cell.Age(o, now),
        Containers(o, "name"), Containers(o, "image"),
    ];

    private static string Ready(JsonObject o) =>
        string.Create(CultureInfo.InvariantCulture, $"{Cell.Number(o, "status", "readyReplicas")}/{Cell.Number(o, "spec", "replicas")}");

    private static string Containers(JsonObject o, string field) => Listed(Cell.List(o, "spec", "template", "spec", "containers"), field);

    private static string Listed(JsonArray containers, string field) => string.Join(",", containers.OfType<JsonObject>().Select(c => c.Text(field)));

    private static string Suspended(JsonObject o) => o.Map("spec")?["suspend"] is null ? "<unset>" : Cell.Flag(o, "spec", "suspend") ? "True" : "False";

    private static string Controller(JsonObject o)
    {
        if (Cell.List(o, "metadata", "ownerReferences").OfType<JsonObject>().FirstOrDefault(r => r.Flag("controller")) is not { } owner)
        {
            return "<none>";
        }

        var group = owner.Text("apiVersion") is { } version && version.Contains('/', StringComparison.Ordinal) ? "." + version.Split('/')[0] : "";
        return $"{owner.Text("kind")?.ToLowerInvariant()}{group}/{owner.Text("name")}";
    }

    private static string JobStatus(JsonObject job)
    {
        var conditions = Cell.List(job, "status", "conditions").OfType<JsonObject>().Where(c => c.Text("status") == "True").Select(c => c.Text("type")).ToArray();
        return conditions.Contains("Complete") ? "Complete"
            : conditions.Contains("Failed") ? "Failed"
            : Cell.IsTerminating(job) ? "Terminating"
            : conditions.Contains("Suspended") ? "Suspended"
            : conditions.Contains("FailureTarget") ? "FailureTarget"
            : conditions.Contains("SuccessCriteriaMet") ? "SuccessCriteriaMet"
            : "Running";
    }

    private static string Completions(JsonObject job)
    {
        var succeeded = Cell.Number(job, "status", "succeeded");
        if (job.Map("spec").Whole("completions") is { } completions)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{succeeded}/{completions}");
        }

        var parallelism = Cell.Number(job, "spec", "parallelism");
        return string.Create(CultureInfo.InvariantCulture, $"{succeeded}/1{(parallelism > 1 ? $" of {parallelism}" : "")}");
    }

    private static string JobDuration(JsonObject job, DateTimeOffset now)
    {
        var status = job.Map("status");
        if (!DateTimeOffset.TryParse(status.Text("startTime"), CultureInfo.InvariantCulture, out var started))
        {
            return "";
        }

        return HumanDuration.Of((DateTimeOffset.TryParse(status.Text("completionTime"), CultureInfo.InvariantCulture, out var ended) ? ended : now) - started);
    }
}
