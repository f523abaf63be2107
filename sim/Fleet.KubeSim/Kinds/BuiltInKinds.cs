using System.Collections.Frozen;
using Fleet.KubeSim.Kinds.Rules;

namespace Fleet.KubeSim.Kinds;

/// <summary>The kinds that the server has by itself, in the order it lists them.</summary>
public static class BuiltInKinds
{
    private static readonly KindRules Plain = new();

    public static IReadOnlyList<KindDefinition> All { get; } = [.. Core(), .. Groups()];

    private static readonly FrozenDictionary<(string, string, string), KindDefinition> ByKind =
        All.ToFrozenDictionary(k => (k.Group, k.Version, k.Kind));

    private static readonly FrozenDictionary<(string, string, string), KindDefinition> ByPlural =
        All.ToFrozenDictionary(k => (k.Group, k.Version, k.Plural));

    public static KindDefinition? Find(string group, string version, string kind) => ByKind.GetValueOrDefault((group, version, kind));

    public static KindDefinition? FindByPlural(string group, string version, string plural) => ByPlural.GetValueOrDefault((group, version, plural));

    private static IEnumerable<KindDefinition> Core() =>
    [
        Kind("core/v1.ConfigMap", "configmaps", "cm", rules: new ConfigMapRules()),
        Kind("core/v1.Endpoints", "endpoints", "ep", singular: "endpoints", rules: new EndpointsRules()),
        Kind("core/v1.Event", "events", "ev", rules: Plain),
        Kind("core/v1.LimitRange", "limitranges", "limits", rules: new LimitRangeRules()),
        Kind("core/v1.Namespace", "namespaces", "ns", scoped: false, sub: "finalize,status", rules: new NamespaceRules()),
        Kind("core/v1.Node", "nodes", "no", scoped: false, sub: "proxy,status", rules: new NodeRules()),
        Kind("core/v1.PersistentVolumeClaim", "persistentvolumeclaims", "pvc", sub: "status", rules: new PersistentVolumeClaimRules()),
        Kind("core/v1.PersistentVolume", "persistentvolumes", "pv", scoped: false, sub: "status", rules: new PersistentVolumeRules()),
        Kind("core/v1.Pod", "pods", "po", all: true, sub: "attach,binding,ephemeralcontainers,eviction,exec,log,portforward,proxy,resize,status", rules: new PodRules()),
        Kind("core/v1.PodTemplate", "podtemplates", rules: new PodTemplateRules()),
        Kind("core/v1.ReplicationController", "replicationcontrollers", "rc", all: true, sub: "scale,status", rules: new ReplicationControllerRules()),
        Kind("core/v1.ResourceQuota", "resourcequotas", "quota", sub: "status", rules: new ResourceQuotaRules()),
        Kind("core/v1.Secret", "secrets", rules: new SecretRules()),
        Kind("core/v1.ServiceAccount", "serviceaccounts", "sa", sub: "token", rules: Plain),
        Kind("core/v1.Service", "services", "svc", all: true, sub: "proxy,status", rules: new ServiceRules()),
    ];

    private static IEnumerable<KindDefinition> Groups() =>
    [
        Kind("apiregistration/v1.APIService", "apiservices", group: "apiregistration.k8s.io", scoped: false, category: "api-extensions", sub: "status", rules: new ApiServiceRules()),
        Kind("apps/v1.ControllerRevision", "controllerrevisions", rules: Plain),
        Kind("apps/v1.DaemonSet", "daemonsets", "ds", all: true, sub: "status", rules: new DaemonSetRules()),
        Kind("apps/v1.Deployment", "deployments", "deploy", all: true, sub: "scale,status", rules: new DeploymentRules()),
        Kind("apps/v1.ReplicaSet", "replicasets", "rs", all: true, sub: "scale,status", rules: new ReplicaSetRules()),
        Kind("apps/v1.StatefulSet", "statefulsets", "sts", all: true, sub: "scale,status", rules: new StatefulSetRules()),
        Kind("events/v1.Event", "events", "ev", group: "events.k8s.io", rules: Plain),
        Kind("autoscaling/v2.HorizontalPodAutoscaler", "horizontalpodautoscalers", "hpa", all: true, sub: "status", rules: new AutoscalerRules()),
        Kind("autoscaling/v1.HorizontalPodAutoscaler", "horizontalpodautoscalers", "hpa", all: true, sub: "status", rules: new AutoscalerRules()),
        Kind("batch/v1.CronJob", "cronjobs", "cj", all: true, sub: "status", rules: new CronJobRules()),
        Kind("batch/v1.Job", "jobs", all: true, sub: "status", rules: new JobRules()),
        Kind("certificates/v1.CertificateSigningRequest", "certificatesigningrequests", "csr", group: "certificates.k8s.io", scoped: false, sub: "approval,status", rules: Plain),
        Kind("networking/v1.IngressClass", "ingressclasses", group: "networking.k8s.io", scoped: false, rules: new IngressClassRules()),
        Kind("networking/v1.Ingress", "ingresses", "ing", group: "networking.k8s.io", sub: "status", rules: new IngressRules()),
        Kind("networking/v1.IPAddress", "ipaddresses", "ip", group: "networking.k8s.io", scoped: false, singular: "ipaddress", rules: Plain),
        Kind("networking/v1.NetworkPolicy", "networkpolicies", "netpol", group: "networking.k8s.io", rules: new NetworkPolicyRules()),
        Kind("networking/v1.ServiceCIDR", "servicecidrs", group: "networking.k8s.io", scoped: false, sub: "status", rules: Plain),
        Kind("policy/v1.PodDisruptionBudget", "poddisruptionbudgets", "pdb", sub: "status", rules: new DisruptionBudgetRules()),
        Kind("rbac/v1.ClusterRoleBinding", "clusterrolebindings", group: "rbac.authorization.k8s.io", scoped: false, rules: new RoleBindingRules()),
        Kind("rbac/v1.ClusterRole", "clusterroles", group: "rbac.authorization.k8s.io", scoped: false, rules: new RoleRules()),
        Kind("rbac/v1.RoleBinding", "rolebindings", group: "rbac.authorization.k8s.io", rules: new RoleBindingRules()),
        Kind("rbac/v1.Role", "roles", group: "rbac.authorization.k8s.io", rules: new RoleRules()),
        Kind("storage/v1.CSIDriver", "csidrivers", group: "storage.k8s.io", scoped: false, rules: new CsiDriverRules()),
        Kind("storage/v1.CSINode", "csinodes", group: "storage.k8s.io", scoped: false, rules: Plain),
        Kind("storage/v1.CSIStorageCapacity", "csistoragecapacities", group: "storage.k8s.io", rules: Plain),
        Kind("storage/v1.StorageClass", "storageclasses", "sc", group: "storage.k8s.io", scoped: false, rules: new StorageClassRules()),
        Kind("storage/v1.VolumeAttachment", "volumeattachments", group: "storage.k8s.io", scoped: false, sub: "status", rules: Plain),
        Kind("storage/v1.VolumeAttributesClass", "volumeattributesclasses", "vac", group: "storage.k8s.io", scoped: false, rules: Plain),
        Kind("admissionregistration/v1.MutatingAdmissionPolicy", "mutatingadmissionpolicies", group: "admissionregistration.k8s.io", scoped: false, category: "api-extensions", rules: new AdmissionPolicyRules()),
        Kind("admissionregistration/v1.MutatingAdmissionPolicyBinding", "mutatingadmissionpolicybindings", group: "admissionregistration.k8s.io", scoped: false, category: "api-extensions", rules: new AdmissionPolicyBindingRules()),
        Kind("admissionregistration/v1.MutatingWebhookConfiguration", "mutatingwebhookconfigurations", group: "admissionregistration.k8s.io", scoped: false, category: "api-extensions", rules: new WebhookConfigurationRules(mutating: true)),
        Kind("admissionregistration/v1.ValidatingAdmissionPolicy", "validatingadmissionpolicies", group: "admissionregistration.k8s.io", scoped: false, category: "api-extensions", sub: "status", rules: new AdmissionPolicyRules()),
        Kind("admissionregistration/v1.ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings", group: "admissionregistration.k8s.io", scoped: false, category: "api-extensions", rules: new AdmissionPolicyBindingRules()),
        Kind("admissionregistration/v1.ValidatingWebhookConfiguration", "validatingwebhookconfigurations", group: "admissionregistration.k8s.io", scoped: false, category: "api-extensions", rules: new WebhookConfigurationRules(mutating: false)),
        Kind("apiextensions/v1.CustomResourceDefinition", "customresourcedefinitions", "crd,crds", group: "apiextensions.k8s.io", scoped: false, category: "api-extensions", sub: "status", rules: new CustomResourceDefinitionRules()),
        Kind("scheduling/v1.PriorityClass", "priorityclasses", "pc", group: "scheduling.k8s.io", scoped: false, rules: new PriorityClassRules()),
        Kind("coordination/v1.Lease", "leases", group: "coordination.k8s.io", rules: new LeaseRules()),
        Kind("node/v1.RuntimeClass", "runtimeclasses", group: "node.k8s.io", scoped: false, rules: new RuntimeClassRules()),
        Kind("discovery/v1.EndpointSlice", "endpointslices", group: "discovery.k8s.io", rules: new EndpointSliceRules()),
        Kind("flowcontrol/v1.FlowSchema", "flowschemas", group: "flowcontrol.apiserver.k8s.io", scoped: false, sub: "status", rules: new FlowSchemaRules()),
        Kind("flowcontrol/v1.PriorityLevelConfiguration", "prioritylevelconfigurations", group: "flowcontrol.apiserver.k8s.io", scoped: false, sub: "status", rules: new PriorityLevelRules()),
    ];

    private static BuiltInKind Kind(
        string type,
        string plural,
        string shortNames = "",
        string? group = null,
        string? singular = null,
        bool scoped = true,
        bool all = false,
        string category = "",
        string sub = "",
        KindRules? rules = null)
    {
        var slash = type.IndexOf('/', StringComparison.Ordinal);
        var dot = type.IndexOf('.', StringComparison.Ordinal);
        var (package, kind) = (type[..slash], type[(dot + 1)..]);
        return new BuiltInKind(type, rules ?? Plain)
        {
            Group = group ?? (package == "core" ? "" : package),
            Version = type[(slash + 1)..dot],
            Kind = kind,
            Plural = plural,
            Singular = singular ?? kind.ToLowerInvariant(),
            ListKind = kind + "List",
            ShortNames = Split(shortNames),
            Categories = all ? ["all"] : Split(category),
            Namespaced = scoped,
            Subresources = Split(sub),
        };
    }

    private static string[] Split(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries);
}
