using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Inventory;

/// <summary>What one Assignment owns in one cluster. Immutable: each change is a new value, cheap in memory.</summary>
public sealed class InventoryState
{
    public static readonly InventoryState Empty = new("", ImmutableDictionary<ObjectKey, InventoryEntry>.Empty);

    private readonly ImmutableDictionary<ObjectKey, InventoryEntry> _entries;

    private InventoryState(string assignmentUid, ImmutableDictionary<ObjectKey, InventoryEntry> entries, Actor? actor = null, bool adoptsAlways = false) =>
        (AssignmentUid, _entries, Actor, AdoptsAlways) = (assignmentUid, entries, actor, adoptsAlways);

    public string AssignmentUid { get; }
    /// <summary>Who the last calls were made as: a tombstone brings no spec, and must not be carried out with other rights. Null: never stated.</summary>
    public Actor? Actor { get; }
    /// <summary>The Assignment said <c>adopt: always</c>: what it adopted goes with it. Kept here, since a tombstone brings no spec.</summary>
    public bool AdoptsAlways { get; }
    public int Count => _entries.Count;
    public IEnumerable<InventoryEntry> Entries => _entries.Values;

    public static InventoryState Of(string assignmentUid, params IEnumerable<InventoryEntry> entries) =>
        new(assignmentUid, entries.ToImmutableDictionary(e => e.Key));

    public InventoryEntry? Find(ObjectKey key) => _entries.GetValueOrDefault(key);

    public bool TryFind(ObjectKey key, [NotNullWhen(true)] out InventoryEntry? entry) => _entries.TryGetValue(key, out entry);

    /// <summary>States who acts from here on; the same value when that is so already.</summary>
    public InventoryState ActedOnBy(Actor actor) => Actor == actor ? this : new(AssignmentUid, _entries, actor, AdoptsAlways);

    /// <summary>States what becomes of adopted objects.</summary>
    public InventoryState Adopting(bool always) => AdoptsAlways == always ? this : new(AssignmentUid, _entries, Actor, always);

    public InventoryState With(InventoryEntry entry) => new(AssignmentUid, _entries.SetItem(entry.Key, entry), Actor, AdoptsAlways);

    public InventoryState Without(ObjectKey key) => _entries.ContainsKey(key) ? new(AssignmentUid, _entries.Remove(key), Actor, AdoptsAlways) : this;

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
        return builder.Count == _entries.Count ? this : new(AssignmentUid, builder.ToImmutable(), Actor, AdoptsAlways);
    }
}
