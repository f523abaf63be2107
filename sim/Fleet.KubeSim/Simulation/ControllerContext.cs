using System.Text.Json.Nodes;
using Fleet.KubeSim.Fields;
using Fleet.KubeSim.Hosting;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Serving;
using Fleet.KubeSim.Storage;
using Fleet.KubeSim.Verbs;

namespace Fleet.KubeSim.Simulation;

/// <summary>What controllers can see and do; every write goes through the same verbs as a client's.</summary>
internal sealed class ControllerContext(ClusterState cluster)
{
    public const string Manager = "kube-controller-manager";

    public ClusterState Cluster => cluster;

    public SimulatedClusterOptions Options => cluster.Options;

    public string Now => cluster.Now;

    public DateTimeOffset Time => cluster.Time.GetUtcNow();

    public JsonObject? Get(ResourceKey kind, string ns, string name) => cluster.Store.Find(kind, ns, name)?.ToJson();

    public StoredObject? Find(ResourceKey kind, string ns, string name) => cluster.Store.Find(kind, ns, name);

    public IReadOnlyList<StoredObject> List(ResourceKey kind, string ns = "") => cluster.Store.List(kind, ns).Items;

    /// <summary>The objects of a kind that an owner controls.</summary>
    public IReadOnlyList<StoredObject> Owned(ResourceKey kind, string ns, string ownerUid) =>
        [.. List(kind, ns).Where(o => o.Owners.Any(r => r.Uid == ownerUid))];

    /// <summary>
    /// Creates an object; null when it is there already or its namespace is gone. Any other refusal (an account that is still missing, say)
    /// brings the controller back later.
    /// </summary>
    public WrittenObject? Create(ResourceKey kind, string ns, JsonObject content)
    {
        var resource = Resource(kind);
        content["apiVersion"] = resource.GroupVersion;
        content["kind"] = resource.Kind;
        var decoded = resource.Definition.Decode(content, new DecodeReport());
        decoded.MapOrNew("metadata")["namespace"] = ns.Length > 0 ? ns : null;
        if (ns.Length == 0)
        {
            decoded.MapOrNew("metadata").Remove("namespace");
        }

        try
        {
            return cluster.Objects.Create(resource, ns, decoded, WriteOptions.ByController(Manager));
        }
        catch (ApiException e) when (e.Code is 409 or 404)
        {
            return null;
        }
    }

    /// <summary>Changes an object in place through a subresource (empty: itself); null when it is gone.</summary>
    public WrittenObject? Change(ResourceKey kind, string ns, string name, Action<JsonObject> change, string subresource = "", string manager = Manager)
    {
        var resource = Resource(kind);
        try
        {
            return cluster.Objects.Update(
                resource,
                ns,
                name,
                live =>
                {
                    var wanted = (JsonObject)live.DeepClone();
                    change(wanted);
                    if (Json.Equal(wanted, live))
                    {
                        return live;
                    }

                    var decoded = resource.Definition.Decode(wanted, new DecodeReport());
                    return Json.Equal(decoded, live)
                        ? live
                        : ManagedFields.Update(resource.Definition.Write(manager, subresource, Time), live, decoded);
                },
                subresource,
                WriteOptions.ByController(manager));
        }
        catch (ApiException e) when (e.Code == 404)
        {
            return null;
        }
    }

    public WrittenObject? ChangeStatus(ResourceKey kind, string ns, string name, Action<JsonObject> change, string manager = Manager) =>
        Change(kind, ns, name, change, "status", manager);

    /// <summary>Writes what no update may change (a pod's node, say), past all rules.</summary>
    public void Force(ResourceKey kind, string ns, string name, Action<JsonObject> change)
    {
        while (cluster.Store.Find(kind, ns, name) is { } stored)
        {
            var content = stored.ToJson();
            change(content);
            if (cluster.Store.TryWrite(kind, stored, content, out _) == WriteResult.Written)
            {
                return;
            }
        }
    }

    public void Delete(ResourceKey kind, string ns, string name, DeleteOptions? options = null)
    {
        try
        {
            cluster.Objects.Delete(Resource(kind), ns, name, options ?? new DeleteOptions { Propagation = Propagation.Background });
        }
        catch (ApiException e) when (e.Code is 404 or 409)
        {
            // Gone, or another object by now: either way it is not this controller's any more.
        }
    }

    public ApiResource Resource(ResourceKey kind) =>
        cluster.Registry.FindStored(kind) ?? throw new InvalidOperationException($"{kind.Qualified} is not served.");
}
