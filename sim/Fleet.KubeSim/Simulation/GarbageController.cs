using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Storage;
using Fleet.KubeSim.Verbs;

namespace Fleet.KubeSim.Simulation;

/// <summary>Deletes dependents whose owners are gone, and carries out foreground deletion and orphaning.</summary>
internal sealed class GarbageController : SimulationController
{
    private const string Foreground = "foregroundDeletion";
    private const string Orphan = "orphan";
    private readonly Lock _gate = new();

    /// <summary>Dependents by owner's uid; what they are is looked up afresh each time.</summary>
    private readonly Dictionary<string, HashSet<(ResourceKey Kind, string Namespace, string Name)>> _dependents = new(StringComparer.Ordinal);

    public GarbageController(ControllerContext context)
        : base(context)
    {
    }

    /// <summary>Keys are (uid, "owner") for owners that change and ("", kind|ns|name) for dependents.</summary>
    public override IEnumerable<(string Namespace, string Name)> Affected(StoreEvent change)
    {
        Note(change);
        var item = change.Object;
        if (change.Deleted || item.Terminating)
        {
            yield return ("uid", $"{item.Uid}|{Key(item)}");
        }

        if (change.Deleted)
        {
            foreach (var owner in item.Owners)
            {
                yield return ("uid", $"{owner.Uid}|");
            }
        }
        else if (item.Owners.Count > 0)
        {
            yield return ("dependent", Key(item));
        }
    }

    public override TimeSpan? Reconcile(string ns, string name)
    {
        if (ns == "dependent")
        {
            CheckOwners(Locate(name));
            return null;
        }

        var parts = name.Split('|', 2);
        var owner = parts[1].Length > 0 ? Locate(parts[1]) : FindByUid(parts[0]);
        if (owner is null || owner.Uid != parts[0])
        {
            foreach (var dependent in DependentsOf(parts[0]))
            {
                CheckOwners(dependent);
            }

            return null;
        }

        var finalizers = ObjectMetadata.Finalizers(owner.ToJson()["metadata"]!.AsObject());
        if (finalizers.Contains(Orphan))
        {
            foreach (var dependent in DependentsOf(owner.Uid))
            {
                Disown(dependent, owner.Uid);
            }

            RemoveFinalizer(owner, Orphan);
        }
        else if (finalizers.Contains(Foreground))
        {
            var blocking = false;
            foreach (var dependent in DependentsOf(owner.Uid))
            {
                blocking |= dependent.Owners.Any(o => o.Uid == owner.Uid && o.BlocksDeletion);
                if (!dependent.Terminating)
                {
                    Context.Delete(dependent.Resource, dependent.Namespace, dependent.Name, new DeleteOptions { Propagation = Propagation.Foreground, Uid = dependent.Uid });
                }
            }

            if (!blocking || DependentsOf(owner.Uid).All(d => !d.Owners.Any(o => o.Uid == owner.Uid && o.BlocksDeletion)))
            {
                RemoveFinalizer(owner, Foreground);
            }
        }

        return null;
    }

    /// <summary>A dependent none of whose owners is there any more is deleted.</summary>
    private void CheckOwners(StoredObject? dependent)
    {
        if (dependent is null || dependent.Terminating || dependent.Owners.Count == 0 || dependent.Owners.Any(o => Exists(o, dependent.Namespace)))
        {
            return;
        }

        Context.Delete(dependent.Resource, dependent.Namespace, dependent.Name, new DeleteOptions { Propagation = Propagation.Background, Uid = dependent.Uid });
    }

    private bool Exists(OwnerReference owner, string ns)
    {
        var slash = owner.ApiVersion.IndexOf('/', StringComparison.Ordinal);
        var group = slash < 0 ? "" : owner.ApiVersion[..slash];
        var resource = Context.Cluster.Registry.Current.All.FirstOrDefault(r => r.Group == group && r.Kind == owner.Kind && !r.IsVirtual);

        // An owner of a kind that is not served cannot be looked up, and what cannot be looked up is never taken for gone.
        return resource is null || Context.Find(resource.Key, resource.Namespaced ? ns : "", owner.Name) is { } found && found.Uid == owner.Uid;
    }

    private void Disown(StoredObject dependent, string uid) =>
        Context.Force(dependent.Resource, dependent.Namespace, dependent.Name, content =>
        {
            var metadata = content.MapOrNew("metadata");
            var rest = (metadata.List("ownerReferences") ?? []).OfType<JsonObject>().Where(o => o.Text("uid") != uid).Select(o => o.DeepClone()).ToArray();
            metadata.Remove("ownerReferences");
            if (rest.Length > 0)
            {
                metadata["ownerReferences"] = new JsonArray(rest);
            }

            ForgetOwnership(metadata, uid);
        });

    /// <summary>Whoever owned the reference owns it no more; an entry that owned nothing else goes.</summary>
    private static void ForgetOwnership(JsonObject metadata, string uid)
    {
        foreach (var entry in (metadata.List("managedFields") ?? []).OfType<JsonObject>().ToArray())
        {
            var fields = entry.Map("fieldsV1");
            var owned = fields.Map("f:metadata");
            var references = owned.Map("f:ownerReferences");
            references?.Remove($"k:{{\"uid\":\"{uid}\"}}");
            if (references is not null && references.All(r => r.Key == "."))
            {
                owned!.Remove("f:ownerReferences");
            }

            if (owned is { Count: 0 })
            {
                fields!.Remove("f:metadata");
            }

            if (fields is { Count: 0 })
            {
                metadata.List("managedFields")!.Remove(entry);
            }
        }

        if (metadata.List("managedFields") is { Count: 0 })
        {
            metadata.Remove("managedFields");
        }
    }

    private void RemoveFinalizer(StoredObject owner, string finalizer) =>
        Context.Change(owner.Resource, owner.Namespace, owner.Name, content =>
        {
            var metadata = content.MapOrNew("metadata");
            ObjectMetadata.SetFinalizers(metadata, [.. ObjectMetadata.Finalizers(metadata).Where(f => f != finalizer)]);
        });

    private void Note(StoreEvent change)
    {
        lock (_gate)
        {
            var key = (change.Object.Resource, change.Object.Namespace, change.Object.Name);
            foreach (var owner in change.Previous?.Owners ?? [])
            {
                if (_dependents.TryGetValue(owner.Uid, out var former) && former.Remove(key) && former.Count == 0)
                {
                    _dependents.Remove(owner.Uid);
                }
            }

            foreach (var owner in change.Deleted ? [] : change.Object.Owners)
            {
                if (!_dependents.TryGetValue(owner.Uid, out var dependents))
                {
                    _dependents[owner.Uid] = dependents = [];
                }

                dependents.Add(key);
            }
        }
    }

    private IReadOnlyList<StoredObject> DependentsOf(string uid)
    {
        (ResourceKey Kind, string Namespace, string Name)[] keys;
        lock (_gate)
        {
            keys = _dependents.TryGetValue(uid, out var found) ? [.. found] : [];
        }

        return [.. keys.Select(k => Context.Find(k.Kind, k.Namespace, k.Name)).OfType<StoredObject>().Where(d => d.Owners.Any(o => o.Uid == uid))];
    }

    private StoredObject? FindByUid(string uid) =>
        Context.Cluster.Store.ListEverything().FirstOrDefault(o => o.Uid == uid);

    private StoredObject? Locate(string key)
    {
        var parts = key.Split('|');
        return Context.Find(new ResourceKey(parts[0], parts[1]), parts[2], parts[3]);
    }

    private static string Key(StoredObject item) => $"{item.Resource.Group}|{item.Resource.Plural}|{item.Namespace}|{item.Name}";
}
