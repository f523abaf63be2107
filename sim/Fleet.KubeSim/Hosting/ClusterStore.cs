using System.Text.Json.Nodes;
using Fleet.KubeSim.Fields;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Text;
using Fleet.KubeSim.Verbs;

namespace Fleet.KubeSim.Hosting;

/// <summary>Direct access to a cluster's objects, for tests and demonstrations: it is in no request log and obeys no RBAC.</summary>
public sealed class ClusterStore
{
    private readonly ClusterState _cluster;

    internal ClusterStore(ClusterState cluster) => _cluster = cluster;

    /// <summary>How many objects there are, of every kind.</summary>
    public int Count => _cluster.Store.ListEverything().Count;

    /// <summary>The newest resourceVersion.</summary>
    public long ResourceVersion => _cluster.Store.ResourceVersion;

    /// <summary>A copy of an object, or null. Cluster-wide kinds take an empty namespace.</summary>
    public JsonObject? Get(string apiVersion, string kind, string ns, string name)
    {
        var resource = Find(apiVersion, kind);
        return _cluster.Store.Find(resource.Key, resource.Namespaced ? ns : "", name) is { } stored ? ObjectVerbs.Read(resource, stored) : null;
    }

    /// <summary>Copies of all objects of a kind, of one namespace if it is not empty.</summary>
    public IReadOnlyList<JsonObject> List(string apiVersion, string kind, string ns = "")
    {
        var resource = Find(apiVersion, kind);
        return [.. _cluster.Store.List(resource.Key, ns).Items.Select(i => ObjectVerbs.Read(resource, i))];
    }

    /// <summary>Copies of everything there is.</summary>
    public IReadOnlyList<JsonObject> ListEverything(string ns = "") => [.. _cluster.Store.ListEverything(ns).Select(i => i.ToJson())];

    /// <summary>Creates or replaces an object, as a manager who uses plain updates.</summary>
    public JsonObject Put(JsonObject content, string manager = "test")
    {
        var (resource, ns, name) = Locate(content);
        var options = WriteOptions.ByController(manager);
        var decoded = resource.Definition.Decode(content, new DecodeReport());
        if (_cluster.Store.Find(resource.Key, ns, name) is null)
        {
            return _cluster.Objects.Create(resource, ns, decoded, options).Object;
        }

        decoded["metadata"]!.AsObject().Remove("resourceVersion");
        return _cluster.Objects.Update(resource, ns, name, live => Track(resource, live, (JsonObject)decoded.DeepClone(), manager, ""), "", options).Object;
    }

    /// <summary>Changes an object in place, as a manager who uses plain updates; subresource status changes the status only.</summary>
    public JsonObject Change(string apiVersion, string kind, string ns, string name, Action<JsonObject> change, string manager = "test", string subresource = "")
    {
        var resource = Find(apiVersion, kind);
        return _cluster.Objects.Update(
            resource,
            resource.Namespaced ? ns : "",
            name,
            live =>
            {
                var wanted = (JsonObject)live.DeepClone();
                change(wanted);
                return Track(resource, live, resource.Definition.Decode(wanted, new DecodeReport()), manager, subresource);
            },
            subresource,
            WriteOptions.ByController(manager)).Object;
    }

    /// <summary>Server-side apply of every document of a YAML or JSON text.</summary>
    public void Apply(string text, string manager = "test", bool force = true)
    {
        foreach (var document in text.ReplaceLineEndings("\n").Split("\n---", StringSplitOptions.RemoveEmptyEntries))
        {
            if (YamlText.Parse(document).Root is JsonObject content)
            {
                Apply(content, manager, force);
            }
        }
    }

    public JsonObject Apply(JsonObject content, string manager = "test", bool force = true)
    {
        var (resource, ns, name) = Locate(content);
        var options = WriteOptions.ByController(manager) with { Force = force };
        return ApplyVerb.ApplyDirectly(_cluster, resource, ns, name, content, options).Object;
    }

    /// <summary>
    /// Declares a kind that keeps whatever it is given, by a permissive CustomResourceDefinition: for manifests whose operators are not installed.
    /// It is served once the definition is established.
    /// </summary>
    public void DefineKind(string group, string version, string kind, string plural, bool namespaced = true) => Apply(
        $$$"""
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: {{{plural}}}.{{{group}}}}
        spec:
          group: {{{group}}}
          scope: {{{(namespaced ? "Namespaced" : "Cluster")}}}
          names: {plural: {{{plural}}}, kind: {{{kind}}}}
          versions:
          - name: {{{version}}}
            served: true
            storage: true
            schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
            subresources: {status: {}}
        """,
        "kubectl");

    /// <summary>Deletes an object as a DELETE without options does; false when there is none.</summary>
    public bool Delete(string apiVersion, string kind, string ns, string name)
    {
        var resource = Find(apiVersion, kind);
        if (_cluster.Store.Find(resource.Key, resource.Namespaced ? ns : "", name) is null)
        {
            return false;
        }

        _cluster.Objects.Delete(resource, resource.Namespaced ? ns : "", name, DeleteOptions.None);
        return true;
    }

    /// <summary>Waits until an object (null when there is none) satisfies a condition.</summary>
    public async Task<JsonObject?> WaitForAsync(
        string apiVersion, string kind, string ns, string name, Func<JsonObject?, bool> condition, CancellationToken cancellationToken)
    {
        while (true)
        {
            var feed = _cluster.Store.ListAndWatch(Find(apiVersion, kind).Key, ns).Feed;
            using (feed)
            {
                var current = Get(apiVersion, kind, ns, name);
                if (condition(current))
                {
                    return current;
                }

                await feed.Changes.WaitToReadAsync(cancellationToken);
            }
        }
    }

    private JsonObject Track(ApiResource resource, JsonObject live, JsonObject wanted, string manager, string subresource) =>
        ManagedFields.Update(resource.Definition.Write(manager, subresource, _cluster.Time.GetUtcNow()), live, wanted);

    private (ApiResource Resource, string Namespace, string Name) Locate(JsonObject content)
    {
        var resource = Find(content.Text("apiVersion") ?? "", content.Text("kind") ?? "");
        var ns = content.Map("metadata").Text("namespace") ?? "default";
        return (resource, resource.Namespaced ? ns : "", content.Map("metadata").Text("name") ?? "");
    }

    private ApiResource Find(string apiVersion, string kind)
    {
        var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        var (group, version) = slash < 0 ? ("", apiVersion) : (apiVersion[..slash], apiVersion[(slash + 1)..]);
        return _cluster.Registry.FindByKind(group, version, kind)
            ?? throw new ArgumentException($"The simulated cluster serves no kind '{kind}' in '{apiVersion}'.");
    }
}
