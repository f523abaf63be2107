using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Simulation;

/// <summary>Writes a pod's status as a kubelet does.</summary>
internal static class PodStatus
{
    public static void SetScheduled(JsonObject pod, string now)
    {
        var status = pod.MapOrNew("status");
        status["phase"] = "Pending";
        status["startTime"] = now;
        status["hostIP"] = "127.0.0.1";
        SetConditions(status, now, initialized: true, ready: false);
        SetContainers(pod, status, new JsonObject { ["waiting"] = new JsonObject { ["reason"] = "ContainerCreating" } }, ready: false);
    }

    public static void SetRunning(JsonObject pod, string address, string now)
    {
        var status = pod.MapOrNew("status");
        status["phase"] = "Running";
        status["podIP"] = address;
        status["podIPs"] = new JsonArray(new JsonObject { ["ip"] = address });
        SetConditions(status, now, initialized: true, ready: true);
        SetContainers(pod, status, new JsonObject { ["running"] = new JsonObject { ["startedAt"] = now } }, ready: true);
    }

    public static void SetSucceeded(JsonObject pod, string now)
    {
        var status = pod.MapOrNew("status");
        status["phase"] = "Succeeded";
        SetConditions(status, now, initialized: true, ready: false, reason: "PodCompleted");
        var ended = new JsonObject { ["exitCode"] = 0, ["reason"] = "Completed", ["startedAt"] = now, ["finishedAt"] = now };
        SetContainers(pod, status, new JsonObject { ["terminated"] = ended }, ready: false);
    }

    public static void SetPullFailure(JsonObject pod, string image, string now)
    {
        var status = pod.MapOrNew("status");
        status["phase"] = "Pending";
        SetConditions(status, now, initialized: true, ready: false);
        var waiting = new JsonObject { ["reason"] = "ImagePullBackOff", ["message"] = $"Back-off pulling image \"{image}\"" };
        SetContainers(pod, status, new JsonObject { ["waiting"] = waiting }, ready: false);
    }

    private static void SetConditions(JsonObject status, string now, bool initialized, bool ready, string reason = "ContainersNotReady")
    {
        Conditions.Set(status, "PodScheduled", true, "", "", now);
        Conditions.Set(status, "Initialized", initialized, "", "", now);
        Conditions.Set(status, "ContainersReady", ready, ready ? "" : reason, "", now);
        Conditions.Set(status, "Ready", ready, ready ? "" : reason, "", now);
    }

    private static void SetContainers(JsonObject pod, JsonObject status, JsonObject state, bool ready)
    {
        var statuses = new JsonArray();
        foreach (var container in (pod.Map("spec").List("containers") ?? []).OfType<JsonObject>())
        {
            statuses.Add(new JsonObject
            {
                ["name"] = container.Text("name"),
                ["state"] = state.DeepClone(),
                ["lastState"] = new JsonObject(),
                ["ready"] = ready,
                ["restartCount"] = 0,
                ["image"] = container.Text("image"),
                ["imageID"] = "",
                ["started"] = ready,
            });
        }

        status["containerStatuses"] = statuses;
    }
}
