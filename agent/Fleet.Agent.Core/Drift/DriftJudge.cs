using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Drift;

/// <summary>Compares the answer of a forced dry-run apply with the live object: what differs is what an apply would put right.</summary>
public static partial class DriftJudge
{
    public const int MaxFields = 50;
    public const int MaxValue = 200;
    public const string Hidden = "(hidden)";

    private static readonly HashSet<string> ServerMade = ["managedFields", "resourceVersion", "generation"];

    public static DriftVerdict Compare(KubeObject dryRun, KubeObject live, string ourManager)
    {
        var walk = new Walk(live.Kind == "Secret" && live.Group.Length == 0, ourManager);
        var sets = FieldOwners.Of(live, dryRun);
        foreach (var key in Keys(dryRun.Json, live.Json))
        {
            if (key is "status" or "apiVersion" or "kind") continue;
            var below = sets.Field(key);
            if (key == "metadata") walk.Map("." + key, dryRun.Metadata, live.Metadata, below, ServerMade);
            else walk.Value("." + key, dryRun.Json.At(key), live.Json.At(key), dryRun.Json.ContainsKey(key), live.Json.ContainsKey(key), below);
        }
        return walk.Count == 0 ? DriftVerdict.Equal : new(walk.Fields, walk.Count - walk.Fields.Count);
    }

    private static IEnumerable<string> Keys(JsonObject? a, JsonObject? b) =>
        (a ?? []).Select(p => p.Key).Concat((b ?? []).Select(p => p.Key)).Distinct();

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_-]*$")]
    private static partial Regex PlainName();

    private sealed class Walk(bool hidesValues, string ourManager)
    {
        public List<DriftedField> Fields { get; } = [];
        public int Count { get; private set; }

        public void Map(string path, JsonObject? want, JsonObject? live, FieldOwners owners, HashSet<string>? skip = null)
        {
            foreach (var key in Keys(want, live))
            {
                if (skip?.Contains(key) == true) continue;
                var next = PlainName().IsMatch(key) ? $"{path}.{key}" : $"{path}[\"{key}\"]";
                Value(next, want.At(key), live.At(key), want?.ContainsKey(key) == true, live?.ContainsKey(key) == true, owners.Field(key));
            }
        }

        public void Value(string path, JsonNode? want, JsonNode? live, bool wanted, bool there, FieldOwners owners)
        {
            if (wanted == there && JsonSemantics.Same(want, live)) return;
            switch (want, live)
            {
                case (JsonObject a, JsonObject b):
                    Map(path, a, b, owners);
                    break;
                case (JsonArray a, JsonArray b):
                    List(path, a, b, owners);
                    break;
                // A map that is gone as a whole is named by what it held: ".data.a" says more than ".data".
                case (JsonObject { Count: > 0 } a, null):
                    Map(path, a, null, owners);
                    break;
                case (null, JsonObject { Count: > 0 } b):
                    Map(path, null, b, owners);
                    break;
                default:
                    Add(path, want, live, wanted, there, owners);
                    break;
            }
        }

        private void List(string path, JsonArray want, JsonArray live, FieldOwners owners)
        {
            if (owners.KeyNames is { } names)
            {
                var a = ByKey(want, names);
                var b = ByKey(live, names);
                if (a is not null && b is not null)
                {
                    var before = Count;
                    foreach (var key in a.Keys.Concat(b.Keys).Distinct().ToList())
                    {
                        var item = ListKey.Parse("k:" + key)!;
                        Value(path + item, a.GetValueOrDefault(key), b.GetValueOrDefault(key), a.ContainsKey(key), b.ContainsKey(key), owners.Item(item));
                    }
                    if (Count == before) Add(path, want, live, true, true, owners); // The same items in another order.
                    return;
                }
            }
            if (want.Count == live.Count && want.All(i => i is JsonObject))
            {
                for (var i = 0; i < want.Count; i++) Value($"{path}[{i}]", want[i], live[i], true, true, owners.Nothing);
                return;
            }
            Add(path, want, live, true, true, owners);
        }

        private static Dictionary<string, JsonNode?>? ByKey(JsonArray list, IReadOnlyList<string> names)
        {
            var byKey = new Dictionary<string, JsonNode?>(StringComparer.Ordinal);
            foreach (var item in list)
            {
                if (ListKey.Of(item, names) is not { } key || !byKey.TryAdd(key, item)) return null;
            }
            return byKey;
        }

        private void Add(string path, JsonNode? want, JsonNode? live, bool wanted, bool there, FieldOwners owners)
        {
            Count++;
            if (Fields.Count >= MaxFields) return;
            var hide = hidesValues && !path.StartsWith(".metadata.labels", StringComparison.Ordinal);
            Fields.Add(new(path, Shown(want, wanted, hide), Shown(live, there, hide), owners.Writer(ourManager)));
        }

        private static string Shown(JsonNode? value, bool there, bool hide)
        {
            if (!there) return "";
            if (hide) return Hidden;
            var text = value?.ToJsonString() ?? "null";
            return text.Length <= MaxValue ? text : text[..MaxValue] + "…";
        }
    }
}
