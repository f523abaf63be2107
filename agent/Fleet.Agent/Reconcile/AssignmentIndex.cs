using System.Collections.Concurrent;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Apply;
using Fleet.Agent.Core.Health;
using Fleet.Agent.Core.Plan;
using Fleet.Agent.Session;
using Fleet.Agent.Watch;

namespace Fleet.Agent.Reconcile;

/// <summary>All Assignments of this cluster: brings what watches see to those that own it, and tells each what the others want.</summary>
internal sealed class AssignmentIndex(TimeProvider time) : IObservations
{
    private readonly ConcurrentDictionary<string, AssignmentState> _states = new(StringComparer.Ordinal);

    public ICollection<AssignmentState> All => _states.Values;

    public AssignmentState Get(string uid, string name)
    {
        var state = _states.GetOrAdd(uid, static (u, n) => new(u, n), name);
        if (name.Length > 0) state.Name = name;
        return state;
    }

    public bool Remove(string uid) => _states.TryRemove(uid, out _);

    public int Objects => _states.Values.Sum(s => s.Inventory.Count);

    public bool IsOwned(WatchKey watch, ObjectKey key) => Owners(watch, key).Any();

    public void Refused(WatchKey watch)
    {
        foreach (var state in _states.Values.Where(s => IsFor(watch, s))) state.Wake.Set();
    }

    public void Seen(WatchKey watch, KubeObject live)
    {
        foreach (var state in Owners(watch, live.Key))
        {
            if (state.See(live, time.GetUtcNow())) state.Wake.Set();
        }
    }

    public void Absent(WatchKey watch, ObjectKey key)
    {
        foreach (var state in Owners(watch, key))
        {
            if (state.SeeAbsent(key)) state.Wake.Set();
        }
    }

    public IReadOnlyList<(ObjectKey Key, string ResourceVersion)> Expected(WatchKey watch)
    {
        var expected = new List<(ObjectKey, string)>();
        foreach (var state in _states.Values.Where(s => IsFor(watch, s)))
        {
            foreach (var entry in state.Inventory.Entries)
            {
                if (entry.IsIntent || !IsOf(watch, entry.Key, entry.ApiVersion)) continue;
                lock (state.Sync) expected.Add((entry.Key, state.Observed.GetValueOrDefault(entry.Key)?.Object.ResourceVersion ?? ""));
            }
        }
        return expected;
    }

    /// <summary>True while some Assignment owns something that this watch shows.</summary>
    public bool IsNeeded(WatchKey watch) =>
        _states.Values.Any(s => IsFor(watch, s) && s.Inventory.Entries.Any(e => IsOf(watch, e.Key, e.ApiVersion)));

    /// <summary>What the others want or own.</summary>
    public IReadOnlyDictionary<ObjectKey, Claim> ClaimsAgainst(AssignmentState mine)
    {
        var claims = new Dictionary<ObjectKey, Claim>();
        foreach (var other in _states.Values)
        {
            if (other.Uid == mine.Uid || other.Rendered is not { } rendered) continue;
            foreach (var desired in rendered.Desired.Objects)
            {
                var owns = other.Inventory.TryFind(desired.Key, out var entry) && !entry.IsIntent;
                var claim = new Claim(other.Uid, other.Name, other.Priority, owns, desired.Hash);
                if (!claims.TryGetValue(desired.Key, out var known) || claim.IsBefore(known)) claims[desired.Key] = claim;
            }
        }
        return claims;
    }

    /// <summary>Names of the others whose desired set is not the one that they shall have: any of them may want what we drop.</summary>
    public IReadOnlyList<string> Unread(AssignmentState mine, DesiredState desired) =>
        [.. desired.Targets.Where(t => t.Key != mine.Uid && !IsRead(t.Key, t.Value.Target)).Select(t => t.Value.Target.AssignmentName).Order(StringComparer.Ordinal)];

    /// <summary>Asked once more in the moment of a deletion, for a Plan takes its time.</summary>
    public bool MayLeave(AssignmentState mine, ObjectKey key, DesiredState desired) => Unread(mine, desired).Count == 0 && !ClaimsAgainst(mine).ContainsKey(key);

    /// <summary>Whether the object existed before any Assignment had it; null when none of the others knows it.</summary>
    private bool? WasAdopted(AssignmentState mine, ObjectKey key) =>
        _states.Values.Where(s => s.Uid != mine.Uid).Select(s => s.Inventory.Find(key)?.Adopted).FirstOrDefault(a => a is not null);

    public ObjectPast PastOf(AssignmentState mine, ObjectKey key, DesiredState desired) => new(WasAdopted(mine, key), IsAllLoaded(desired));

    /// <summary>True once the Inventories of all Assignments of this cluster were read.</summary>
    private bool IsAllLoaded(DesiredState desired) =>
        desired.Targets.Keys.Concat(desired.Tombstones.Keys).All(uid => _states.TryGetValue(uid, out var state) && state.StoredInventory is not null);

    /// <summary>How another owner sees a shared object.</summary>
    public ObjectHealth? HealthOf(ObjectKey key)
    {
        foreach (var state in _states.Values)
        {
            lock (state.Sync)
            {
                if (state.Observed.TryGetValue(key, out var seen)) return seen.Health;
            }
        }
        return null;
    }

    /// <summary>Something of this Assignment has changed that others' Plans are made of.</summary>
    public void WakeDependents(AssignmentState changed)
    {
        foreach (var state in _states.Values.Where(s => s != changed && s.DependsOnOthers)) state.Wake.Set();
    }

    /// <summary>One that this cluster's policy refuses can get nothing, and so keeps nothing from leaving.</summary>
    private bool IsRead(string uid, V1.Target target) =>
        _states.TryGetValue(uid, out var state) && (state.IsRefused || (state.Rendered is { } rendered && rendered.IsOf(target.Revision, target.SpecDigest)));

    private IEnumerable<AssignmentState> Owners(WatchKey watch, ObjectKey key) => _states.Values.Where(s => IsFor(watch, s) && s.Inventory.TryFind(key, out _));

    private static bool IsFor(WatchKey watch, AssignmentState state) => !state.IsRefused && state.User == watch.User;

    private static bool IsOf(WatchKey watch, ObjectKey key, string apiVersion) =>
        key.Kind == watch.Kind.Kind && apiVersion == watch.Kind.ApiVersion && (watch.Namespace.Length == 0 || watch.Namespace == key.Namespace);
}
