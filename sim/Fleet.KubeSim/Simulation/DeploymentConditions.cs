using System.Globalization;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Hosting;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Simulation;

/// <summary>Available and Progressing, with the reasons that the real controller gives.</summary>
internal static class DeploymentConditions
{
    private const string UpdateTime = "lastUpdateTime";

    /// <summary>Sets the conditions; returns when the progress deadline ends, if it runs.</summary>
    public static TimeSpan? Set(JsonObject status, Rollout rollout, string set, long updated, long ready, long total, DateTimeOffset time)
    {
        var now = ClusterState.Timestamp(time);
        var available = ready >= rollout.Wanted - rollout.MaxUnavailable;
        Conditions.Set(
            status,
            "Available",
            available,
            available ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
            available ? "Deployment has minimum availability." : "Deployment does not have minimum availability.",
            now,
            UpdateTime);
        if (rollout.Paused)
        {
            Conditions.Set(status, "Progressing", true, "DeploymentPaused", "Deployment is paused", now, UpdateTime);
            return null;
        }

        var complete = updated == rollout.Wanted && ready == rollout.Wanted && total == rollout.Wanted;
        if (complete)
        {
            Conditions.Set(status, "Progressing", true, "NewReplicaSetAvailable", $"ReplicaSet \"{set}\" has successfully progressed.", now, UpdateTime);
            return null;
        }

        var progressing = Conditions.Find(status, "Progressing");
        var message = $"ReplicaSet \"{set}\" is progressing.";
        var started = progressing.Text("reason") is "ReplicaSetUpdated" or "ProgressDeadlineExceeded" && Mentions(progressing, set) ? Time(progressing) : null;
        if (started is { } since && time - since >= rollout.Deadline)
        {
            Conditions.Set(status, "Progressing", false, "ProgressDeadlineExceeded", $"ReplicaSet \"{set}\" has timed out progressing.", now, UpdateTime);
            return null;
        }

        if (started is null)
        {
            Conditions.Set(status, "Progressing", true, "ReplicaSetUpdated", message, now, UpdateTime);
            return rollout.Deadline + TimeSpan.FromSeconds(1);
        }

        return rollout.Deadline - (time - started) + TimeSpan.FromSeconds(1);
    }

    private static bool Mentions(JsonObject? condition, string set) => condition.Text("message")?.Contains($"\"{set}\"", StringComparison.Ordinal) ?? false;

    private static DateTimeOffset? Time(JsonObject? condition) =>
        DateTimeOffset.TryParse(condition.Text(UpdateTime), CultureInfo.InvariantCulture, out var time) ? time : null;
}
