using System.Text.Json.Nodes;
using Fleet.Agent.Core.Drift;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Plan;

/// <summary>Fields left to others (say <c>/spec/replicas</c> under an HPA), as <see cref="FieldPointer"/>s; empty selectors match any object.</summary>
public sealed record IgnoreRule(string Group, string Kind, string Namespace, string Name, IReadOnlyList<string> Fields)
{
    public const string BadRule = "BadIgnoreRule";

    /// <summary>Takes every ignored field out of a manifest: what is not applied is not owned.</summary>
    /// <returns>Why a rule cannot be followed; the manifest must then not be applied, since letting go wrongly resets fields.</returns>
    public static string? Strip(IReadOnlyList<IgnoreRule> rules, KubeObject manifest)
    {
        foreach (var text in Texts(rules, manifest.Key))
        {
            if (FieldPointer.Parse(text) is not { } pointer) return $"drift.ignore names '{text}', which is no field. Write a JSON pointer such as /spec/replicas or /spec/template/spec/containers[name=web]/image";
            // Identity is never optional.
            if (pointer.Steps is [{ Field: "apiVersion" or "kind" }, ..] or [{ Field: "metadata" }] or [{ Field: "metadata" }, { Field: "name" or "namespace" }, ..]) continue;
            if (Remove(manifest.Json, pointer, 0) is { } problem) return problem;
        }
        return null;
    }

    /// <summary>
    /// The ignored fields that we still own: their live values must first be applied by <see cref="Ownership.ReleasedManager"/>,
    /// or letting go would reset them. The result is that manager's whole apply body, with what it holds already, or null when nothing changes hands.
    /// </summary>
    /// <param name="rules">All rules; those that match count.</param>
    /// <param name="live">The object as it is; the body holds for this very state.</param>
    /// <param name="owned">What we own of it, as FieldsV1.</param>
    public static KubeObject? Release(IReadOnlyList<IgnoreRule> rules, KubeObject live, JsonObject? owned)
    {
        if (owned is null) return null;
        JsonObject? handed = null;
        foreach (var pointer in Matching(rules, live.Key))
        {
            if (FieldSets.Covered(owned, live.Json, pointer.Steps) is not { } part) continue;
            FieldSets.Merge(handed ??= [], part);
        }
        if (handed is null) return null;
        // An apply replaces all that its manager holds: what it keeps for an earlier rule is said again, or it would be reset.
        if (Held(live) is { } held) FieldSets.Merge(handed, held);
        return Body(live, handed);
    }

    /// <summary>What <see cref="Ownership.ReleasedManager"/> still holds although no rule asks for it any more, given back; null when there is none.</summary>
    /// <param name="rules">All rules; those that match count.</param>
    /// <param name="live">The object as it is after our apply, which owns whatever Git has of those fields.</param>
    public static KubeObject? GiveBack(IReadOnlyList<IgnoreRule> rules, KubeObject live)
    {
        if (Held(live) is not { } held) return null;
        var kept = new JsonObject();
        foreach (var pointer in Matching(rules, live.Key))
        {
            if (FieldSets.Covered(held, live.Json, pointer.Steps) is { } part) FieldSets.Merge(kept, part);
        }
        return JsonNode.DeepEquals(CanonicalForm(kept), CanonicalForm(held)) ? null : Body(live, kept);
    }

    /// <summary>A rule that points into what the server takes for one value cannot be followed: the rest of it would be applied without the ignored part.</summary>
    public static string? Problem(IReadOnlyList<IgnoreRule> rules, ObjectKey key, OwnedFields owned)
    {
        if (owned.IsNone) return null;
        var marked = owned.Marked();
        foreach (var pointer in Matching(rules, key))
        {
            if (FieldSets.AtomicAt(marked, pointer.Steps) is not { } step) continue;
            return $"drift.ignore names {pointer.Text}, but {pointer.Upto(step)} is one value to the API server, which is applied whole or not at all. Ignore {pointer.Upto(step)} as a whole";
        }
        return null;
    }

    private static JsonObject? Held(KubeObject live) => ManagedEntry.OfApply(live, Ownership.ReleasedManager)?.Fields;

    private static KubeObject Body(KubeObject live, JsonObject fields)
    {
        // At the root an empty set means nothing, and not everything.
        var body = fields.Count == 0 ? [] : FieldSets.Extract(live.Json, fields) as JsonObject ?? [];
        body["apiVersion"] = live.ApiVersion;
        body["kind"] = live.Kind;
        if (body["metadata"] is not JsonObject metadata) body["metadata"] = metadata = [];
        metadata["name"] = live.Name;
        if (live.Namespace.Length > 0) metadata["namespace"] = live.Namespace;
        // Whatever an autoscaler writes after this was read must not be undone: the apply is refused then, and made anew.
        metadata["resourceVersion"] = live.ResourceVersion;
        return new(body);
    }

    private static string CanonicalForm(JsonObject set) => CanonicalJson.Text(set);

    private static IEnumerable<string> Texts(IReadOnlyList<IgnoreRule> rules, ObjectKey key) => rules.Where(r => r.Matches(key)).SelectMany(r => r.Fields).Distinct();

    private static IEnumerable<FieldPointer> Matching(IReadOnlyList<IgnoreRule> rules, ObjectKey key) => Texts(rules, key).Select(FieldPointer.Parse).OfType<FieldPointer>();

    private bool Matches(ObjectKey key) =>
        (Group.Length == 0 || Group == key.Group) && (Kind.Length == 0 || Kind == key.Kind)
        && (Namespace.Length == 0 || Namespace == key.Namespace) && (Name.Length == 0 || Name == key.Name);

    private static string? Remove(JsonNode? at, FieldPointer pointer, int step)
    {
        var here = pointer.Steps[step];
        var isLast = step == pointer.Steps.Count - 1;
        switch (at)
        {
            case JsonArray list when here.IsPlace:
                return $"drift.ignore names {pointer.Text}: list items move, so they are named by their key and not by their place. Write {pointer.Upto(step)}{FieldPointer.ByKey(list, here.Field)}{string.Concat(pointer.Steps.Skip(step + 1))}";
            case JsonArray list when here.IsItems:
                for (var i = list.Count - 1; i >= 0; i--)
                {
                    if (!here.Fits(list[i])) continue;
                    if (isLast) list.RemoveAt(i);
                    else if (Remove(list[i], pointer, step + 1) is { } problem) return problem;
                }
                return null;
            case JsonObject map when !here.IsItems || here.Match!.Count == 0:
                var name = here.IsItems ? "*" : here.Field;
                if (isLast) map.Remove(name);
                else return Remove(map.At(name), pointer, step + 1);
                return null;
            default:
                return null;
        }
    }
}
