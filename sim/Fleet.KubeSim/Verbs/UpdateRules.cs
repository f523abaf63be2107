using Fleet.KubeSim.Resources;

namespace Fleet.KubeSim.Verbs;

/// <summary>What a PUT may do by kind: make an object that is not there, and replace one whose version it does not name.</summary>
internal static class UpdateRules
{
    private const string Rbac = "rbac.authorization.k8s.io";
    private const string Admission = "admissionregistration.k8s.io";
    private const string Storage = "storage.k8s.io";

    private static readonly HashSet<ResourceKey> Creating =
    [
        new("", "endpoints"), new("", "events"), new("", "limitranges"), new("", "services"), new("coordination.k8s.io", "leases"),
        new(Rbac, "roles"), new(Rbac, "rolebindings"), new(Rbac, "clusterroles"), new(Rbac, "clusterrolebindings"),
    ];

    private static readonly HashSet<ResourceKey> Conditional =
    [
        new("coordination.k8s.io", "leases"), new("policy", "poddisruptionbudgets"), new("apiextensions.k8s.io", "customresourcedefinitions"),
        new("apiregistration.k8s.io", "apiservices"), new("node.k8s.io", "runtimeclasses"), new(Admission, "mutatingwebhookconfigurations"),
        new(Admission, "validatingwebhookconfigurations"), new(Admission, "validatingadmissionpolicies"), new(Admission, "validatingadmissionpolicybindings"),
        new(Storage, "csidrivers"), new(Storage, "csinodes"), new(Storage, "csistoragecapacities"), new(Storage, "volumeattachments"),
    ];

    public static bool MayCreate(ApiResource resource) => !resource.IsCustom && Creating.Contains(resource.Key);

    /// <summary>Whether a PUT must name the resourceVersion that it replaces, as for every custom resource.</summary>
    public static bool DemandsVersion(ApiResource resource) => resource.IsCustom || Conditional.Contains(resource.Key);
}
