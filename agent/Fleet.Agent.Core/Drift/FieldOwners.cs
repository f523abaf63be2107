using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Drift;

/// <summary>The managers' FieldsV1 sets, walked down together with the object, so that each field can be traced to its writer.</summary>
internal sealed class FieldOwners
{
    private readonly List<(ManagedEntry Entry, JsonObject? Set, bool Whole)> _sets;
    private readonly List<JsonObject> _shapes;

    private FieldOwners(List<(ManagedEntry, JsonObject?, bool)> sets, List<JsonObject> shapes) => (_sets, _shapes) = (sets, shapes);

    /// <param name="live">Its managers are the writers that are named.</param>
    /// <param name="dryRun">Its sets only tell the shape of lists: in the live object our item may be gone, and its key with it.</param>
    public static FieldOwners Of(KubeObject live, KubeObject dryRun) => new(
        [.. ManagedEntry.All(live).Select(e => (e, (JsonObject?)e.Fields, false))],
        [.. ManagedEntry.All(live).Concat(ManagedEntry.All(dryRun)).Select(e => e.Fields)]);

    public FieldOwners Nothing => new([.. _sets.Where(s => s.Whole)], []);

    /// <summary>The names of the keys of an associative list here; null when the list is not one.</summary>
    public IReadOnlyList<string>? KeyNames => _shapes
        .SelectMany(s => s).Select(p => p.Key).Where(k => k.StartsWith("k:", StringComparison.Ordinal))
        .Select(ListKey.Parse).FirstOrDefault(k => k is not null)?.Names.ToList();

    public FieldOwners Field(string name) => Step("f:" + name);

    public FieldOwners Item(ListKey key)
    {
        var canonical = key.Canonical;
        return Step(path => path.StartsWith("k:", StringComparison.Ordinal) && ListKey.Parse(path)?.Canonical == canonical);
    }

    /// <summary>The one who wrote this field last and is not us; empty when nobody else owns it.</summary>
    public string Writer(string ourManager) => _sets
        .Where(s => (s.Whole || s.Set is not null) && !(s.Entry.IsApply && s.Entry.Manager == ourManager))
        .OrderByDescending(s => s.Entry.Time ?? DateTimeOffset.MinValue)
        .Select(s => s.Entry.Subresource.Length > 0 ? $"{s.Entry.Manager} ({s.Entry.Subresource})" : s.Entry.Manager)
        .FirstOrDefault() ?? "";

    private FieldOwners Step(string path) => Step(p => p == path);

    private FieldOwners Step(Func<string, bool> matches)
    {
        var sets = new List<(ManagedEntry, JsonObject?, bool)>();
        foreach (var (entry, set, whole) in _sets)
        {
            var next = Below(set, matches);
            // A leaf set owns all below it: an atomic map or list.
            if (whole || next is not null) sets.Add((entry, next, whole || next is { Count: 0 }));
        }
        return new(sets, [.. _shapes.Select(s => Below(s, matches)).OfType<JsonObject>()]);
    }

    private static JsonObject? Below(JsonObject? set, Func<string, bool> matches)
    {
        foreach (var (path, node) in set ?? [])
        {
            if (matches(path)) return node as JsonObject;
        }
        return null;
    }
}
