using Fleet.KubeSim.Kinds;

namespace Fleet.KubeSim.Resources;

/// <summary>The built-in kinds that are served, with what discovery says of them (as recorded from 1.36, and from its published API reference).</summary>
internal static class BuiltInResources
{
    private const string NoCollectionDelete = "create,delete,get,list,patch,update,watch";
    private static readonly IReadOnlyList<string> CreateOnly = ["create"];

    public static IReadOnlyList<ApiResource> All { get; } = [.. Core(), .. Apps(), .. Policies(), .. Extensions(), .. Reviews()];

    private static IEnumerable<ApiResource> Core()
    {
        const string g = "", v = "v1";
        yield return Make(g, v, "bindings", "Binding") with { Verbs = CreateOnly, IsVirtual = true };
        yield return Make(g, v, "componentstatuses", "ComponentStatus", false, "cs") with { Singular = "componentstatus", Verbs = ["get", "list"], DeprecationWarning = "v1 ComponentStatus is deprecated in v1.19+" };
        yield return Make(g, v, "configmaps", "ConfigMap", true, "cm");
        yield return Make(g, v, "endpoints", "Endpoints", true, "ep") with
        {
            Singular = "endpoints",
            DeprecationWarning = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
        };
        yield return Make(g, v, "events", "Event", true, "ev");
        yield return Make(g, v, "limitranges", "LimitRange", true, "limits");
        yield return Make(g, v, "namespaces", "Namespace", false, "ns") with
        {
            Verbs = NoCollectionDelete.Split(','),
            Subresources = [Subresource.Of("finalize", "Namespace", "update"), Subresource.Status("Namespace")],
        };
        yield return Make(g, v, "nodes", "Node", false, "no") with
        {
            Subresources = [Subresource.Of("proxy", "NodeProxyOptions", "create,delete,get,patch,update"), Subresource.Status("Node")],
        };
        yield return Make(g, v, "persistentvolumeclaims", "PersistentVolumeClaim", true, "pvc").WithStatus();
        yield return Make(g, v, "persistentvolumes", "PersistentVolume", false, "pv").WithStatus();
        yield return Make(g, v, "pods", "Pod", true, "po") with
        {
            Categories = ["all"],
            Subresources =
            [
                Subresource.Of("attach", "PodAttachOptions", "create,get"), Subresource.Of("binding", "Binding", "create"),
                Subresource.Of("ephemeralcontainers", "Pod", "get,patch,update"),
                Subresource.Of("eviction", "Eviction", "create", "policy", "v1"), Subresource.Of("exec", "PodExecOptions", "create,get"),
                Subresource.Of("log", "Pod", "get"), Subresource.Of("portforward", "PodPortForwardOptions", "create,get"),
                Subresource.Of("proxy", "PodProxyOptions", "create,delete,get,patch,update"),
                Subresource.Of("resize", "Pod", "get,patch,update"), Subresource.Status("Pod"),
            ],
        };
        yield return Make(g, v, "podtemplates", "PodTemplate");
        yield return Make(g, v, "replicationcontrollers", "ReplicationController", true, "rc").WithScale() with { Categories = ["all"] };
        yield return Make(g, v, "resourcequotas", "ResourceQuota", true, "quota").WithStatus();
        yield return Make(g, v, "secrets", "Secret");
        yield return Make(g, v, "serviceaccounts", "ServiceAccount", true, "sa") with
        {
            Subresources = [Subresource.Of("token", "TokenRequest", "create", "authentication.k8s.io", "v1")],
        };
        yield return Make(g, v, "services", "Service", true, "svc") with
        {
            Categories = ["all"],
            Subresources = [Subresource.Of("proxy", "ServiceProxyOptions", "create,delete,get,patch,update"), Subresource.Status("Service")],
        };
    }

    private static IEnumerable<ApiResource> Apps()
    {
        yield return Make("apps", "v1", "controllerrevisions", "ControllerRevision");
        yield return Make("apps", "v1", "daemonsets", "DaemonSet", true, "ds").WithStatus() with { Categories = ["all"] };
        yield return Make("apps", "v1", "deployments", "Deployment", true, "deploy").WithScale() with { Categories = ["all"] };
        yield return Make("apps", "v1", "replicasets", "ReplicaSet", true, "rs").WithScale() with { Categories = ["all"] };
        yield return Make("apps", "v1", "statefulsets", "StatefulSet", true, "sts").WithScale() with { Categories = ["all"] };
        yield return Make("batch", "v1", "cronjobs", "CronJob", true, "cj").WithStatus() with { Categories = ["all"] };
        yield return Make("batch", "v1", "jobs", "Job").WithStatus() with { Categories = ["all"] };
        foreach (var version in new[] { "v2", "v1" })
        {
            yield return Make("autoscaling", version, "horizontalpodautoscalers", "HorizontalPodAutoscaler", true, "hpa").WithStatus() with
            {
                Categories = ["all"],
                StorageVersion = "v2",
            };
        }
    }

    private static IEnumerable<ApiResource> Policies()
    {
        yield return Make("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", true, "pdb").WithStatus();
        yield return Make("networking.k8s.io", "v1", "ingressclasses", "IngressClass", false) with { Singular = "ingressclass" };
        yield return Make("networking.k8s.io", "v1", "ingresses", "Ingress", true, "ing").WithStatus() with { Singular = "ingress" };
        yield return Make("networking.k8s.io", "v1", "ipaddresses", "IPAddress", false, "ip") with { Singular = "ipaddress" };
        yield return Make("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", true, "netpol") with { Singular = "networkpolicy" };
        yield return Make("networking.k8s.io", "v1", "servicecidrs", "ServiceCIDR", false).WithStatus();
        yield return Make("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", false);
        yield return Make("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", false);
        yield return Make("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding");
        yield return Make("rbac.authorization.k8s.io", "v1", "roles", "Role");
        yield return Make("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", false, "pc") with { Singular = "priorityclass" };
        yield return Make("coordination.k8s.io", "v1", "leases", "Lease");
        yield return Make("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice");
        yield return Make("node.k8s.io", "v1", "runtimeclasses", "RuntimeClass", false) with { Singular = "runtimeclass" };
        yield return Make("certificates.k8s.io", "v1", "certificatesigningrequests", "CertificateSigningRequest", false, "csr") with
        {
            Subresources = [Subresource.Of("approval", "CertificateSigningRequest", "get,patch,update"), Subresource.Status("CertificateSigningRequest")],
        };
        foreach (var kind in new[] { "FlowSchema", "PriorityLevelConfiguration" })
        {
            yield return Make("flowcontrol.apiserver.k8s.io", "v1", kind.ToLowerInvariant() + "s", kind, false).WithStatus();
        }
    }

    private static IEnumerable<ApiResource> Extensions()
    {
        yield return Make("storage.k8s.io", "v1", "csidrivers", "CSIDriver", false);
        yield return Make("storage.k8s.io", "v1", "csinodes", "CSINode", false);
        yield return Make("storage.k8s.io", "v1", "csistoragecapacities", "CSIStorageCapacity") with { Singular = "csistoragecapacity" };
        yield return Make("storage.k8s.io", "v1", "storageclasses", "StorageClass", false, "sc") with { Singular = "storageclass" };
        yield return Make("storage.k8s.io", "v1", "volumeattachments", "VolumeAttachment", false).WithStatus();
        yield return Make("storage.k8s.io", "v1", "volumeattributesclasses", "VolumeAttributesClass", false, "vac") with { Singular = "volumeattributesclass" };
        yield return Make("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", false);
        yield return Make("admissionregistration.k8s.io", "v1", "validatingadmissionpolicies", "ValidatingAdmissionPolicy", false).WithStatus() with
        {
            Singular = "validatingadmissionpolicy",
        };
        yield return Make("admissionregistration.k8s.io", "v1", "validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding", false);
        yield return Make("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", false);
        yield return Make("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", false, "crd", "crds").WithStatus() with
        {
            Categories = ["api-extensions"],
        };
        yield return Make("apiregistration.k8s.io", "v1", "apiservices", "APIService", false).WithStatus() with { Categories = ["api-extensions"] };
    }

    private static IEnumerable<ApiResource> Reviews()
    {
        yield return Review("authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview", false);
        yield return Review("authentication.k8s.io", "tokenreviews", "TokenReview", false);
        yield return Review("authorization.k8s.io", "localsubjectaccessreviews", "LocalSubjectAccessReview", true);
        yield return Review("authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview", false);
        yield return Review("authorization.k8s.io", "selfsubjectrulesreviews", "SelfSubjectRulesReview", false);
        yield return Review("authorization.k8s.io", "subjectaccessreviews", "SubjectAccessReview", false);
    }

    private static ApiResource Review(string group, string plural, string kind, bool namespaced) =>
        Make(group, "v1", plural, kind, namespaced) with { Verbs = CreateOnly, IsVirtual = true };

    private static ApiResource Make(string group, string version, string plural, string kind, bool namespaced = true, params string[] shortNames) => new()
    {
        Group = group,
        Version = version,
        Plural = plural,
        Singular = plural.EndsWith('s') ? plural[..^1] : plural,
        Kind = kind,
        ListKind = kind + "List",
        Namespaced = namespaced,
        ShortNames = shortNames,
        StorageVersion = version,
        Rules = BuiltInKinds.Find(group, version, kind),
    };

    private static ApiResource WithStatus(this ApiResource resource) => resource with { Subresources = [Subresource.Status(resource.Kind)] };

    private static ApiResource WithScale(this ApiResource resource) =>
        resource with { Subresources = [Subresource.Scale(), Subresource.Status(resource.Kind)] };
}
