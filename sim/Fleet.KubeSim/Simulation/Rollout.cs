using System.Globalization;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Simulation;

/// <summary>A Deployment's wishes and its ReplicaSets, read together.</summary>
internal sealed record Rollout
{
    public required IReadOnlyList<JsonObject> Sets { get; init; }

    /// <summary>The ReplicaSet of the present template.</summary>
    public required JsonObject? Current { get; init; }

    public required string Hash { get; init; }

    public required long Wanted { get; init; }

    public required long Surge { get; init; }

    public required long MaxUnavailable { get; init; }

    public required long Generation { get; init; }

    public required TimeSpan Deadline { get; init; }

    public required bool Paused { get; init; }

    public required bool Recreate { get; init; }

    public required int HistoryLimit { get; init; }

    public long Revisions => Sets.Count == 0 ? 0 : Sets.Max(RevisionOf);

    public long OldPods => Sets.Where(s => !ReferenceEquals(s, Current)).Sum(s => s.Map("status").Whole("replicas") ?? 0);

    public static Rollout Read(JsonObject deployment, IReadOnlyList<JsonObject> sets)
    {
        var spec = deployment.Map("spec")!;
        var hash = PodTemplates.Hash(spec.Map("template"));
        var wanted = spec.Whole("replicas") ?? 1;
        var rolling = spec.Map("strategy").Map("rollingUpdate");
        return new Rollout
        {
            Sets = sets,
            Hash = hash,
            Current = sets.FirstOrDefault(s => s.Map("metadata").Map("labels").Text("pod-template-hash") == hash),
            Wanted = wanted,
            Surge = Share(rolling?["maxSurge"], wanted, roundUp: true),
            MaxUnavailable = Share(rolling?["maxUnavailable"], wanted, roundUp: false),
            Generation = deployment.Map("metadata").Whole("generation") ?? 0,
            Deadline = TimeSpan.FromSeconds(spec.Whole("progressDeadlineSeconds") ?? 600),
            Paused = spec.Flag("paused"),
            Recreate = spec.Map("strategy").Text("type") == "Recreate",
            HistoryLimit = (int)(spec.Whole("revisionHistoryLimit") ?? 10),
        };
    }

    /// <summary>The present template's ReplicaSet among the sets as they are now.</summary>
    public JsonObject? FindCurrent() => Sets.FirstOrDefault(s => s.Map("metadata").Map("labels").Text("pod-template-hash") == Hash);

    public long Sum(string counter) => Sets.Sum(s => s.Map("status").Whole(counter) ?? 0);

    public static long RevisionOf(JsonObject set) =>
        long.TryParse(set.Map("metadata").Map("annotations").Text("deployment.kubernetes.io/revision"), CultureInfo.InvariantCulture, out var n) ? n : 0;

    /// <summary>A number, or a percentage of the replicas.</summary>
    private static long Share(JsonNode? value, long replicas, bool roundUp)
    {
        if (Json.TextOf(value) is { } text && text.EndsWith('%') && double.TryParse(text[..^1], CultureInfo.InvariantCulture, out var percent))
        {
            var share = replicas * percent / 100;
            return (long)(roundUp ? Math.Ceiling(share) : Math.Floor(share));
        }

        return Json.TryWhole(value, out var number) ? number : 0;
    }
}
