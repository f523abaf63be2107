using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Inventory;

/// <summary>What one Assignment owns in one cluster. Immutable: each change is a new value, cheap in memory.</summary>
public sealed class InventoryState
{
    public static readonly InventoryState Empty = new("", ImmutableDictionary<ObjectKey, InventoryEntry>.Empty);

    private readonly ImmutableDictionary<ObjectKey, InventoryEntry> _entries;

    private InventoryState(string assignmentUid, ImmutableDictionary<ObjectKey, InventoryEntry> entries) => (AssignmentUid, _entries) = (assignmentUid, entries);

    public string AssignmentUid { get; }
    public int Count => _entries.Count;
    public IEnumerable<InventoryEntry> Entries => _entries.Values;

    public static InventoryState Of(string assignmentUid, params IEnumerable<InventoryEntry> entries) =>
        new(assignmentUid, entries.ToImmutableDictionary(e => e.Key));

    public InventoryEntry? Find(ObjectKey key) => _entries.GetValueOrDefault(key);

    public bool TryFind(ObjectKey key, [NotNullWhen(true)] out InventoryEntry? entry) => _entries.TryGetValue(key, out entry);

    public InventoryState With(InventoryEntry entry) => new(AssignmentUid, _entries.SetItem(entry.Key, entry));

    public InventoryState Without(ObjectKey key) => _entries.ContainsKey(key) ? new(AssignmentUid, _entries.Remove(key)) : this;

    /// <summary>
    /// States what is about to be owned, before the first write: whatever a crash leaves behind is then known to be ours.
    /// Entries that stand are kept as they are.
    /// </summary>
    public InventoryState Intend(IEnumerable<(ObjectKey Key, string ApiVersion)> objects)
    {
        var builder = _entries.ToBuilder();
        foreach (var (key, apiVersion) in objects)
        {
            if (!builder.ContainsKey(key)) builder[key] = new() { Key = key, ApiVersion = apiVersion };
        }
        return builder.Count == _entries.Count ? this : new(AssignmentUid, builder.ToImmutable());
    }
}
