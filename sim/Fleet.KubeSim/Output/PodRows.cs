using System.Globalization;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Output;

/// <summary>What a table shows of a pod: above all the one word that sums up its containers.</summary>
internal static class PodRows
{
    public static KeyValuePair<ResourceKey, Func<JsonObject, DateTimeOffset, JsonNode?[]>>[] All { get; } =
    [
        new(new ResourceKey("", "pods"), (pod, now) =>
        [
            Cell.Name(pod), Ready(pod), Status(pod), Restarts(pod, now), Cell.Age(pod, now), Cell.TextOr("<none>", pod, "status", "podIP"),
            Cell.TextOr("<none>", pod, "spec", "nodeName"), Cell.TextOr("<none>", pod, "status", "nominatedNodeName"), ReadinessGates(pod),
        ]),
    ];

    /// <summary>Pods that have ended say so beside their cells.</summary>
    public static JsonArray? Conditions(ApiResource resource, JsonObject pod) => (resource.QualifiedKind, Cell.Text(pod, "status", "phase")) switch
    {
        ("Pod", "Succeeded") => Completed("Succeeded", "The pod has completed successfully."),
        ("Pod", "Failed") => Completed("Failed", "The pod failed."),
        _ => null,
    };

    private static JsonArray Completed(string reason, string message) =>
        [new JsonObject { ["type"] = "Completed", ["status"] = "True", ["reason"] = reason, ["message"] = message }];

    private static string Ready(JsonObject pod)
    {
        var total = Cell.List(pod, "spec", "containers").Count + Sidecars(pod).Count();
        var ready = Statuses(pod, "containerStatuses").Count(s => s.Flag("ready") && s.Map("state").Map("running") is not null)
            + Statuses(pod, "initContainerStatuses").Count(s => Sidecars(pod).Contains(s.Text("name")) && s.Flag("ready"));
        return string.Create(CultureInfo.InvariantCulture, $"{ready}/{total}");
    }

    private static string Restarts(JsonObject pod, DateTimeOffset now)
    {
        var init = Statuses(pod, "initContainerStatuses");
        var sidecars = init.Where(s => Sidecars(pod).Contains(s.Text("name")));
        var counted = (IsInitializing(pod) ? init : sidecars.Concat(Statuses(pod, "containerStatuses"))).ToArray();
        var restarts = counted.Sum(s => s.Whole("restartCount") ?? 0);
        var last = counted.Select(s => s.Map("lastState").Map("terminated").Text("finishedAt")).Where(t => t is not null).Max(StringComparer.Ordinal);
        return restarts > 0 && DateTimeOffset.TryParse(last, CultureInfo.InvariantCulture, out var time)
            ? $"{restarts} ({HumanDuration.Of(now - time)} ago)"
            : restarts.ToString(CultureInfo.InvariantCulture);
    }

    private static string Status(JsonObject pod)
    {
        var status = pod.Map("status");
        var phase = status.Text("phase") ?? "";
        var reason = status.Text("reason") is { Length: > 0 } given ? given : phase;
        if (HasCondition(pod, "PodScheduled", c => c.Text("reason") == "SchedulingGated"))
        {
            reason = "SchedulingGated";
        }

        var waitsFor = Initializing(pod);
        reason = waitsFor ?? reason;
        if (waitsFor is null || HasCondition(pod, "Initialized", c => c.Text("status") == "True"))
        {
            reason = FromContainers(pod, reason);
        }

        if (!Cell.IsTerminating(pod))
        {
            return reason;
        }

        return status.Text("reason") == "NodeLost" ? "Unknown" : phase is "Succeeded" or "Failed" ? reason : "Terminating";
    }

    private static bool IsInitializing(JsonObject pod) => Initializing(pod) is not null && !HasCondition(pod, "Initialized", c => c.Text("status") == "True");

    /// <summary>What the first init container that is not done is doing, or null when all are.</summary>
    private static string? Initializing(JsonObject pod)
    {
        var index = 0;
        foreach (var container in Statuses(pod, "initContainerStatuses"))
        {
            var state = container.Map("state");
            if (state.Map("terminated") is { } terminated)
            {
                if ((terminated.Whole("exitCode") ?? 0) != 0)
                {
                    return "Init:" + Ended(terminated);
                }
            }
            else if (!(Sidecars(pod).Contains(container.Text("name")) && container.Flag("started")))
            {
                return state.Map("waiting").Text("reason") is { Length: > 0 } waiting and not "PodInitializing"
                    ? $"Init:{waiting}"
                    : string.Create(CultureInfo.InvariantCulture, $"Init:{index}/{Cell.List(pod, "spec", "initContainers").Count}");
            }

            index++;
        }

        return null;
    }

    private static string FromContainers(JsonObject pod, string reason)
    {
        var running = false;
        foreach (var container in Statuses(pod, "containerStatuses").Reverse())
        {
            var state = container.Map("state");
            if (state.Map("waiting").Text("reason") is { Length: > 0 } waiting)
            {
                reason = waiting;
            }
            else if (state.Map("terminated") is { } terminated)
            {
                reason = Ended(terminated);
            }
            else if (container.Flag("ready") && state.Map("running") is not null)
            {
                running = true;
            }
        }

        return reason == "Completed" && running
            ? HasCondition(pod, "Ready", c => c.Text("status") == "True") ? "Running" : "NotReady"
            : reason;
    }

    private static string Ended(JsonObject terminated) =>
        terminated.Text("reason") is { Length: > 0 } why ? why
        : (terminated.Whole("signal") ?? 0) != 0 ? $"Signal:{terminated.Whole("signal")}"
        : $"ExitCode:{terminated.Whole("exitCode") ?? 0}";

    private static string ReadinessGates(JsonObject pod)
    {
        var gates = Cell.List(pod, "spec", "readinessGates");
        var passed = gates.OfType<JsonObject>().Count(g => HasCondition(pod, g.Text("conditionType") ?? "", c => c.Text("status") == "True"));
        return gates.Count == 0 ? "<none>" : string.Create(CultureInfo.InvariantCulture, $"{passed}/{gates.Count}");
    }

    private static bool HasCondition(JsonObject pod, string type, Func<JsonObject, bool> holds) =>
        Cell.List(pod, "status", "conditions").OfType<JsonObject>().Any(c => c.Text("type") == type && holds(c));

    private static IEnumerable<string?> Sidecars(JsonObject pod) =>
        Cell.List(pod, "spec", "initContainers").OfType<JsonObject>().Where(c => c.Text("restartPolicy") == "Always").Select(c => c.Text("name"));

    private static IEnumerable<JsonObject> Statuses(JsonObject pod, string list) => Cell.List(pod, "status", list).OfType<JsonObject>();
}
