using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Plan;

/// <summary>An object as it shall be applied: cleaned, labelled, hashed.</summary>
/// <param name="Object">What is sent.</param>
/// <param name="Source">File and line that it comes from.</param>
/// <param name="Hash">Of everything that is sent.</param>
public sealed record DesiredObject(KubeObject Object, string Source, string Hash)
{
    public ObjectKey Key { get; } = Object.Key;
}

/// <summary>What to do when an object stands twice in one Assignment.</summary>
public enum DuplicatePolicy
{
    Error,
    /// <summary>The later one by file name wins, with a note.</summary>
    Last,
}

/// <summary>An object that cannot be planned, and why.</summary>
public sealed record PlanProblem(ObjectKey Key, string Source, string Reason, string Message);

/// <summary>The whole desired state of one Assignment.</summary>
public sealed record DesiredSet(IReadOnlyList<DesiredObject> Objects, IReadOnlyList<PlanProblem> Problems, IReadOnlyList<string> Notes)
{
    /// <summary>Cleans, strips what is left to others, labels, hashes, and finds duplicates.</summary>
    /// <param name="rendered">Manifests with their scope already settled (<see cref="Scoping"/>), in the order of their files; they are changed in place.</param>
    /// <param name="owner">Whose they are.</param>
    /// <param name="ignored">Fields left to others.</param>
    /// <param name="duplicates">What to do with them.</param>
    public static DesiredSet Of(IEnumerable<(JsonObject Manifest, string Source)> rendered, Ownership owner, IReadOnlyList<IgnoreRule> ignored, DuplicatePolicy duplicates)
    {
        var objects = new Dictionary<ObjectKey, DesiredObject>();
        var order = new List<ObjectKey>();
        var twice = new Dictionary<ObjectKey, List<string>>();
        var bad = new Dictionary<ObjectKey, PlanProblem>();
        var notes = new List<string>();
        foreach (var (manifest, source) in rendered)
        {
            notes.AddRange(Cleaning.Clean(manifest).Select(n => $"{source}: {n}"));
            var body = new KubeObject(manifest);
            if (IgnoreRule.Strip(ignored, body) is { } unfollowed)
            {
                bad.TryAdd(body.Key, new(body.Key, source, IgnoreRule.BadRule, unfollowed));
                continue;
            }
            owner.Stamp(manifest);
            var desired = new DesiredObject(body, source, CanonicalJson.Hash(manifest));
            if (objects.TryGetValue(desired.Key, out var first))
            {
                if (duplicates == DuplicatePolicy.Error)
                {
                    if (!twice.TryGetValue(desired.Key, out var places)) twice[desired.Key] = places = [first.Source];
                    places.Add(source);
                    continue;
                }
                notes.Add($"{source}: {desired.Key} also stands in {first.Source}; this one counts");
            }
            else
            {
                order.Add(desired.Key);
            }
            objects[desired.Key] = desired;
        }
        var problems = twice.Select(t => new PlanProblem(t.Key, t.Value[0], "Duplicate",
            $"{t.Key} stands in {string.Join(" and in ", t.Value)}. Remove one, or set duplicates: last")).ToList();
        return new([.. order.Where(k => !twice.ContainsKey(k) && !bad.ContainsKey(k)).Select(k => objects[k])], [.. problems, .. bad.Where(b => !twice.ContainsKey(b.Key)).Select(b => b.Value)], notes);
    }
}
