using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Simulation;

/// <summary>What a CronJob's status says of its Jobs, and which of them its history has no room for.</summary>
internal static class CronJobStatus
{
    /// <summary>Finished and missing Jobs are no longer active; the last success is remembered.</summary>
    public static void Update(JsonObject status, IReadOnlyList<JsonObject> jobs)
    {
        var byUid = jobs.ToDictionary(j => j.Map("metadata").Text("uid")!, StringComparer.Ordinal);
        var active = (status.List("active") ?? []).OfType<JsonObject>()
            .Where(a => byUid.GetValueOrDefault(a.Text("uid") ?? "") is { } job && Outcome(job) is null).Select(a => a.DeepClone()).ToArray();
        status.Remove("active");
        if (active.Length > 0)
        {
            status["active"] = new JsonArray(active);
        }

        foreach (var ended in jobs.Where(j => Outcome(j) == "Complete").Select(j => j.Map("status").Text("completionTime")).OfType<string>())
        {
            if (status.Text("lastSuccessfulTime") is not { } last || string.CompareOrdinal(ended, last) > 0)
            {
                status["lastSuccessfulTime"] = ended;
            }
        }
    }

    public static void AddActive(JsonObject status, JsonObject job)
    {
        var metadata = job.Map("metadata");
        var reference = new JsonObject
        {
            ["kind"] = "Job",
            ["namespace"] = metadata.Text("namespace"),
            ["name"] = metadata.Text("name"),
            ["uid"] = metadata.Text("uid"),
            ["apiVersion"] = "batch/v1",
            ["resourceVersion"] = metadata.Text("resourceVersion"),
        };
        if (status.List("active") is { } active)
        {
            active.Add((JsonNode)reference);
        }
        else
        {
            status["active"] = new JsonArray(reference);
        }
    }

    /// <summary>The finished Jobs, oldest first, that are more than the limits allow.</summary>
    public static IEnumerable<JsonObject> BeyondHistory(JsonObject spec, IReadOnlyList<JsonObject> jobs) =>
        Beyond(jobs, "Complete", spec.Whole("successfulJobsHistoryLimit")).Concat(Beyond(jobs, "Failed", spec.Whole("failedJobsHistoryLimit")));

    private static IEnumerable<JsonObject> Beyond(IReadOnlyList<JsonObject> jobs, string outcome, long? limit)
    {
        var ended = jobs.Where(j => Outcome(j) == outcome && !j.Map("metadata")!.ContainsKey("deletionTimestamp"))
            .OrderBy(j => j.Map("status").Text("startTime"), StringComparer.Ordinal).ThenBy(j => j.Map("metadata").Text("name"), StringComparer.Ordinal).ToArray();
        return limit is { } kept ? ended.Take((int)Math.Max(ended.Length - kept, 0)) : [];
    }

    private static string? Outcome(JsonObject job) =>
        ((string[])["Complete", "Failed"]).FirstOrDefault(t => Conditions.Find(job.Map("status") ?? [], t).Text("status") == "True");
}
