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

    public IEnumerable<JsonObject> Old => Sets.Where(s => !ReferenceEquals(s, Current));

    public long OldPods => Old.Sum(s => s.Map("status").Whole("replicas") ?? 0);

    /// <summary>Whether all pods are of the present template and available.</summary>
    public bool IsComplete => Current is not null && Available(Current) >= Wanted && Replicas(Current) == Wanted && OldPods == 0;

    public static long Replicas(JsonObject set) => set.Map("spec").Whole("replicas") ?? 0;

    /// <summary>What the present template's ReplicaSet is to be next: with what there is, never more than the surge allows.</summary>
    public long NextOfCurrent()
    {
        var current = Current is null ? 0 : Replicas(Current);
        if (Recreate)
        {
            return OldPods > 0 ? 0 : Wanted;
        }

        if (current >= Wanted)
        {
            return Wanted;
        }

        var room = Wanted + Surge - Sets.Sum(Replicas);
        return room <= 0 ? current : current + Math.Min(room, Wanted - current);
    }

    /// <summary>What the old ReplicaSets are to be next: first those of them that are not healthy go, then as many as may be unavailable.</summary>
    public IEnumerable<(JsonObject Set, long Replicas)> NextOfOld()
    {
        var old = Old.Where(s => Replicas(s) > 0).OrderBy(s => s.Map("metadata").Text("creationTimestamp"), StringComparer.Ordinal).ToArray();
        if (Recreate)
        {
            return old.Select(s => (s, 0L));
        }

        var least = Wanted - MaxUnavailable;
        var unavailable = Current is null ? 0 : Replicas(Current) - Available(Current);
        var next = old.ToDictionary(s => s, Replicas);
        var allowed = Sets.Sum(Replicas) - least - unavailable;
        if (allowed <= 0)
        {
            return [];
        }

        foreach (var set in old)
        {
            var sick = Math.Min(allowed, next[set] - Available(set));
            next[set] -= Math.Max(sick, 0);
            allowed -= Math.Max(sick, 0);
        }

        var spare = Sets.Sum(Available) - least;
        foreach (var set in old)
        {
            var down = Math.Clamp(spare, 0, next[set]);
            next[set] -= down;
            spare -= down;
        }

        return next.Where(n => n.Value != Replicas(n.Key)).Select(n => (n.Key, n.Value));
    }

    public static Rollout Read(JsonObject deployment, IReadOnlyList<JsonObject> sets)
    {
        var spec = deployment.Map("spec")!;
        var hash = PodTemplates.Hash(spec.Map("template"));
        var wanted = spec.Whole("replicas") ?? 1;
        var rolling = spec.Map("strategy").Map("rollingUpdate");
        var (surge, unavailable) = (Share(rolling?["maxSurge"], wanted, roundUp: true), Math.Min(Share(rolling?["maxUnavailable"], wanted, roundUp: false), wanted));
        return new Rollout
        {
            Sets = sets,
            Hash = hash,
            Current = sets.FirstOrDefault(s => s.Map("metadata").Map("labels").Text("pod-template-hash") == hash),
            Wanted = wanted,
            Surge = surge,
            // Both could be rounded to nothing, which would leave no way to go on.
            MaxUnavailable = rolling is not null && surge == 0 && unavailable == 0 ? Math.Min(1, wanted) : unavailable,
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

    private static long Available(JsonObject set) => set.Map("status").Whole("availableReplicas") ?? 0;

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
