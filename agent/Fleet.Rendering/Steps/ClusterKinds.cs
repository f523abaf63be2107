using System.Text.Json.Nodes;

namespace Fleet.Rendering.Steps;

/// <summary>Which kinds live outside namespaces, as far as that is known without a cluster: Kubernetes' own, and those that the manifests define.</summary>
internal sealed class ClusterKinds
{
    private static readonly HashSet<(string Group, string Kind)> BuiltIn =
    [
        ("", "Namespace"), ("", "Node"), ("", "PersistentVolume"), ("", "ComponentStatus"),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"), ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"), ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
        ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"), ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"), ("apiregistration.k8s.io", "APIService"),
        ("authentication.k8s.io", "SelfSubjectReview"), ("authentication.k8s.io", "TokenReview"),
        ("certificates.k8s.io", "CertificateSigningRequest"), ("certificates.k8s.io", "ClusterTrustBundle"),
        ("flowcontrol.apiserver.k8s.io", "FlowSchema"), ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
        ("gateway.networking.k8s.io", "GatewayClass"), ("internal.apiserver.k8s.io", "StorageVersion"),
        ("networking.k8s.io", "IngressClass"), ("networking.k8s.io", "IPAddress"), ("networking.k8s.io", "ServiceCIDR"),
        ("node.k8s.io", "RuntimeClass"), ("policy", "PodSecurityPolicy"),
        ("rbac.authorization.k8s.io", "ClusterRole"), ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        ("resource.k8s.io", "DeviceClass"), ("resource.k8s.io", "ResourceSlice"),
        ("scheduling.k8s.io", "PriorityClass"), ("snapshot.storage.k8s.io", "VolumeSnapshotClass"), ("snapshot.storage.k8s.io", "VolumeSnapshotContent"),
        ("storage.k8s.io", "CSIDriver"), ("storage.k8s.io", "CSINode"), ("storage.k8s.io", "StorageClass"),
        ("storage.k8s.io", "VolumeAttachment"), ("storage.k8s.io", "VolumeAttributesClass"), ("storagemigration.k8s.io", "StorageVersionMigration"),
        ("cert-manager.io", "ClusterIssuer"), ("external-secrets.io", "ClusterSecretStore"), ("external-secrets.io", "ClusterExternalSecret"),
    ];

    private readonly Dictionary<(string, string), bool> _declared = [];

    public ClusterKinds(IEnumerable<RenderedObject> objects)
    {
        foreach (var o in objects)
        {
            if (ManifestText.Kind(o.Manifest) != "CustomResourceDefinition" || o.Manifest["spec"] is not JsonObject spec) continue;
            if (ManifestText.Of(spec, "group") is { } group && ManifestText.Of(spec["names"], "kind") is { } kind) _declared[(group, kind)] = ManifestText.Of(spec, "scope") == "Cluster";
        }
    }

    /// <summary>False for what is not known: most kinds live in namespaces, and the agent corrects it with the cluster's own word.</summary>
    public bool IsClusterScoped(JsonObject manifest)
    {
        var key = (ManifestText.Group(manifest), ManifestText.Kind(manifest));
        return _declared.TryGetValue(key, out var cluster) ? cluster : BuiltIn.Contains(key);
    }
}
