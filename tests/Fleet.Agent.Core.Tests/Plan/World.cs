using Fleet.Agent.Core.Inventory;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Core.Plan;

namespace Fleet.Agent.Core.Tests.Plan;

/// <summary>A request whose objects are all applied and observed as they were applied; tests change what they are about.</summary>
internal sealed class World
{
    public static readonly Ownership Owner = new("hub", "assignment-b");
    private readonly List<DesiredObject> _desired = [];
    private readonly Dictionary<ObjectKey, ObservedObject> _observed = [];
    private InventoryState _inventory = InventoryState.Of(Owner.AssignmentUid);

    public Func<PlanRequest, PlanRequest> Change { get; set; } = r => r;

    public static ObjectKey Key(string kind, string name, string ns = "ns")
    {
        var apiVersion = ApiVersion(kind);
        return new(GroupVersionKind.Of(apiVersion, kind).Group, kind, ns, name);
    }

    public static DesiredObject Desire(string kind, string name, string ns = "ns", string value = "1")
    {
        var manifest = Kube.Manifest(ApiVersion(kind), kind, name, ns);
        manifest["data"] = value;
        return DesiredSet.Of([(manifest, $"{name}.yaml:1")], Owner, [], DuplicatePolicy.Error).Objects.Single();
    }

    public World Wants(string kind, string name, string ns = "ns", string value = "1")
    {
        _desired.Add(Desire(kind, name, ns, value));
        return this;
    }

    /// <summary>In the Inventory and in the cluster, as it was applied.</summary>
    public World Owns(string kind, string name, string ns = "ns", string value = "1", Func<InventoryEntry, InventoryEntry>? entry = null, Func<ObservedObject, ObservedObject?>? seen = null)
    {
        var d = Desire(kind, name, ns, value);
        var e = new InventoryEntry { Key = d.Key, ApiVersion = d.Object.ApiVersion, Uid = $"uid-{name}", RenderedHash = d.Hash, ValuesHash = "v" };
        _inventory = _inventory.With(entry?.Invoke(e) ?? e);
        var o = new ObservedObject { Uid = e.Uid, ResourceVersion = "7", ValuesHash = "v" };
        var shown = seen is null ? o : seen(o);
        if (shown is not null) _observed[d.Key] = shown;
        return this;
    }

    public World Both(string kind, string name, string ns = "ns", string value = "1", Func<InventoryEntry, InventoryEntry>? entry = null, Func<ObservedObject, ObservedObject?>? seen = null) =>
        Wants(kind, name, ns, value).Owns(kind, name, ns, value, entry, seen);

    public ReconcilePlan Plan() => Planner.Make(Change(new()
    {
        Now = Kube.Now,
        Owner = Owner,
        AssignmentName = "mine",
        Desired = new(_desired, [], []),
        Inventory = _inventory,
        Observed = _observed,
    }));

    private static string ApiVersion(string kind) => kind switch
    {
        "Deployment" or "StatefulSet" => "apps/v1",
        "Job" => "batch/v1",
        "ClusterRole" or "RoleBinding" or "Role" => "rbac.authorization.k8s.io/v1",
        "CustomResourceDefinition" => "apiextensions.k8s.io/v1",
        "ValidatingWebhookConfiguration" => "admissionregistration.k8s.io/v1",
        "StorageClass" => "storage.k8s.io/v1",
        "APIService" => "apiregistration.k8s.io/v1",
        "Ingress" => "networking.k8s.io/v1",
        "Widget" => "example.com/v1",
        _ => "v1",
    };
}
