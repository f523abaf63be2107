using System.Globalization;
using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Plan;

/// <summary>Fields left to others (say <c>/spec/replicas</c> under an HPA), as JSON pointers; empty selectors match any object.</summary>
public sealed record IgnoreRule(string Group, string Kind, string Namespace, string Name, IReadOnlyList<string> Fields)
{
    /// <summary>Takes every ignored field out of a manifest: what is not applied is not owned.</summary>
    public static void Strip(IReadOnlyList<IgnoreRule> rules, KubeObject manifest)
    {
        if (rules.Count == 0) return;
        foreach (var pointer in Matching(rules, manifest.Key)) Remove(manifest.Json, pointer);
    }

    /// <summary>
    /// The ignored fields that we still own: their live values must first be applied by <see cref="Ownership.ReleasedManager"/>,
    /// or letting go would reset them. The result is that manager's apply body, or null when there is nothing to hand over.
    /// </summary>
    public static KubeObject? Release(IReadOnlyList<IgnoreRule> rules, KubeObject live, JsonObject? ownedFieldsV1)
    {
        if (ownedFieldsV1 is null) return null;
        JsonObject? body = null;
        foreach (var pointer in Matching(rules, live.Key))
        {
            var steps = Steps(pointer);
            // Fields of list items have no path of their own in an apply; those are left as they are.
            if (steps.Count == 0 || !Owns(ownedFieldsV1, steps) || Read(live.Json, steps) is not { } value) continue;
            body ??= new() { ["apiVersion"] = live.ApiVersion, ["kind"] = live.Kind, ["metadata"] = Identity(live) };
            Put(body, steps, value.DeepClone());
        }
        return body is null ? null : new(body);
    }

    private static IEnumerable<string> Matching(IReadOnlyList<IgnoreRule> rules, ObjectKey key) => rules.Where(r => r.Matches(key)).SelectMany(r => r.Fields).Distinct();

    private bool Matches(ObjectKey key) =>
        (Group.Length == 0 || Group == key.Group) && (Kind.Length == 0 || Kind == key.Kind)
        && (Namespace.Length == 0 || Namespace == key.Namespace) && (Name.Length == 0 || Name == key.Name);

    private static List<string> Steps(string pointer) => pointer.Length < 2 || pointer[0] != '/' ? []
        : [.. pointer[1..].Split('/').Select(s => s.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))];

    private static void Remove(JsonNode root, string pointer)
    {
        var steps = Steps(pointer);
        // Identity is never optional.
        if (steps is [] or ["apiVersion" or "kind", ..] or ["metadata"] or ["metadata", "name" or "namespace", ..]) return;
        JsonNode? at = root;
        foreach (var step in steps.Take(steps.Count - 1)) at = Next(at, step);
        switch (at)
        {
            case JsonObject map:
                map.Remove(steps[^1]);
                break;
            case JsonArray list when Index(steps[^1]) is { } i && i < list.Count:
                list.RemoveAt(i);
                break;
        }
    }

    private static JsonNode? Next(JsonNode? at, string step) => at switch
    {
        JsonObject map => map.At(step),
        JsonArray list when Index(step) is { } i && i < list.Count => list[i],
        _ => null,
    };

    private static int? Index(string step) => int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var i) ? i : null;

    private static bool Owns(JsonObject fields, List<string> steps)
    {
        JsonNode? at = fields;
        foreach (var step in steps)
        {
            if (at is JsonObject { Count: 0 } && !ReferenceEquals(at, fields)) return true;
            at = at.At("f:" + step);
            if (at is null) return false;
        }
        return true;
    }

    private static JsonNode? Read(JsonNode root, List<string> steps)
    {
        JsonNode? at = root;
        foreach (var step in steps) at = at.At(step);
        return at;
    }

    private static JsonObject Identity(KubeObject live)
    {
        var metadata = new JsonObject { ["name"] = live.Name };
        if (live.Namespace.Length > 0) metadata["namespace"] = live.Namespace;
        return metadata;
    }

    private static void Put(JsonObject body, List<string> steps, JsonNode value)
    {
        var at = body;
        foreach (var step in steps.Take(steps.Count - 1))
        {
            if (at[step] is not JsonObject next) at[step] = next = [];
            at = next;
        }
        at[steps[^1]] = value;
    }
}
