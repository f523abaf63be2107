using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Output;

/// <summary>The columns of each kind, as the server's printers have them.</summary>
internal static class TableColumns
{
    private static readonly TableColumn Name = new("Name", (o, _) => o.Map("metadata").Text("name")) { Format = "name", Description = ColumnTexts.Name };
    private static readonly TableColumn Age = new("Age", (o, now) => AgeOf(o.Map("metadata").Text("creationTimestamp"), now)) { Description = ColumnTexts.Age };

    private static readonly TableColumn CreatedAt = new("Created At", (o, _) => o.Map("metadata").Text("creationTimestamp"))
    {
        Type = "date", Description = ColumnTexts.Age,
    };

    private static readonly FrozenDictionary<ResourceKey, IReadOnlyList<TableColumn>> ByResource = new Dictionary<ResourceKey, IReadOnlyList<TableColumn>>
    {
        [new("", "pods")] =
        [
            Name,
            Text("Ready", PodColumns.Ready) with { Description = "The aggregate readiness state of this pod for accepting traffic." },
            Text("Status", PodColumns.Status) with { Description = "The aggregate status of the containers in this pod." },
            new TableColumn("Restarts", (o, now) => PodColumns.Restarts(o, now)) { Description = "The number of times the containers in this pod have been restarted and when the last container in this pod has restarted." },
            Age,
            Wide("IP", o => o.Map("status").Text("podIP") ?? "<none>") with { Description = ColumnTexts.PodAddress },
            Wide("Node", o => o.Map("spec").Text("nodeName") ?? "<none>") with { Description = ColumnTexts.PodNode },
            Wide("Nominated Node", o => o.Map("status").Text("nominatedNodeName") ?? "<none>") with { Description = ColumnTexts.NominatedNode },
            Wide("Readiness Gates", WorkloadColumns.ReadinessGates) with { Description = ColumnTexts.ReadinessGates },
        ],
        [new("apps", "deployments")] =
        [
            Name,
            Text("Ready", o => WorkloadColumns.Of(o, "readyReplicas", "replicas")) with { Description = "Number of the pod with ready state" },
            Number("Up-to-date", o => o.Map("status").Whole("updatedReplicas") ?? 0),
            Number("Available", o => o.Map("status").Whole("availableReplicas") ?? 0),
            Age, .. ContainerColumns(),
        ],
        [new("apps", "replicasets")] = [Name, Number("Desired", o => o.Map("spec").Whole("replicas") ?? 0), Number("Current", o => o.Map("status").Whole("replicas") ?? 0), Number("Ready", o => o.Map("status").Whole("readyReplicas") ?? 0), Age, .. ContainerColumns()],
        [new("", "replicationcontrollers")] = [Name, Number("Desired", o => o.Map("spec").Whole("replicas") ?? 0), Number("Current", o => o.Map("status").Whole("replicas") ?? 0), Number("Ready", o => o.Map("status").Whole("readyReplicas") ?? 0), Age, .. ContainerColumns()],
        [new("apps", "statefulsets")] = [Name, Text("Ready", o => WorkloadColumns.Of(o, "readyReplicas", "replicas")), Age, .. ContainerColumns().Take(2)],
        [new("apps", "daemonsets")] =
        [
            Name,
            Number("Desired", o => o.Map("status").Whole("desiredNumberScheduled") ?? 0), Number("Current", o => o.Map("status").Whole("currentNumberScheduled") ?? 0),
            Number("Ready", o => o.Map("status").Whole("numberReady") ?? 0), Number("Up-to-date", o => o.Map("status").Whole("updatedNumberScheduled") ?? 0),
            Number("Available", o => o.Map("status").Whole("numberAvailable") ?? 0), Text("Node Selector", o => WorkloadColumns.Labels(o.Map("spec").Map("template").Map("spec").Map("nodeSelector"))),
            Age, .. ContainerColumns(),
        ],
        [new("batch", "jobs")] =
        [
            Name, Text("Status", WorkloadColumns.JobStatus), Text("Completions", WorkloadColumns.Completions),
            new TableColumn("Duration", (o, now) => WorkloadColumns.JobDuration(o, now)), Age, .. ContainerColumns(),
        ],
        [new("batch", "cronjobs")] =
        [
            Name, Text("Schedule", o => o.Map("spec").Text("schedule") ?? ""), Text("Timezone", o => o.Map("spec").Text("timeZone") ?? "<none>"),
            Text("Suspend", o => o.Map("spec").Flag("suspend") ? "True" : "False"), Number("Active", o => o.Map("status").List("active")?.Count ?? 0),
            new TableColumn("Last Schedule", (o, now) => o.Map("status").Text("lastScheduleTime") is { } last ? AgeOf(last, now) : "<none>"), Age,
        ],
        [new("", "services")] =
        [
            Name, Text("Type", o => o.Map("spec").Text("type") ?? ""), Text("Cluster-IP", o => o.Map("spec").Text("clusterIP") is { Length: > 0 } ip ? ip : "<none>"),
            Text("External-IP", NetworkColumns.ExternalAddress), Text("Port(s)", NetworkColumns.Ports), Age,
            Wide("Selector", o => WorkloadColumns.Labels(o.Map("spec").Map("selector"))),
        ],
        [new("networking.k8s.io", "ingresses")] =
        [
            Name, Text("Class", o => o.Map("spec").Text("ingressClassName") ?? "<none>"), Text("Hosts", NetworkColumns.Hosts),
            Text("Address", NetworkColumns.IngressAddress), Text("Ports", o => o.Map("spec").List("tls") is { Count: > 0 } ? "80, 443" : "80"), Age,
        ],
        [new("", "configmaps")] = [Name, Number("Data", o => (o.Map("data")?.Count ?? 0) + (o.Map("binaryData")?.Count ?? 0)) with { Type = "string" }, Age],
        [new("", "secrets")] = [Name, Text("Type", o => o.Text("type") ?? ""), Number("Data", o => o.Map("data")?.Count ?? 0) with { Type = "string" }, Age],
        [new("", "serviceaccounts")] = [Name, Number("Secrets", o => o.List("secrets")?.Count ?? 0) with { Type = "string" }, Age],
        [new("", "namespaces")] = [Name, Text("Status", o => o.Map("status").Text("phase") ?? ""), Age],
        [new("", "nodes")] = [Name, Text("Status", NetworkColumns.NodeStatus), Text("Roles", NetworkColumns.NodeRoles), Age, Text("Version", o => o.Map("status").Map("nodeInfo").Text("kubeletVersion") ?? "")],
        [new("", "persistentvolumeclaims")] =
        [
            Name, Text("Status", StorageColumns.ClaimStatus), Text("Volume", o => o.Map("spec").Text("volumeName") ?? ""), Text("Capacity", StorageColumns.Capacity),
            Text("Access Modes", o => StorageColumns.AccessModes(o.Map("status"))), Text("StorageClass", o => o.Map("spec").Text("storageClassName") ?? ""),
            Text("VolumeAttributesClass", o => o.Map("spec").Text("volumeAttributesClassName") ?? "<unset>"), Age, Wide("VolumeMode", o => o.Map("spec").Text("volumeMode") ?? "<unset>"),
        ],
        [new("", "persistentvolumes")] =
        [
            Name, Text("Capacity", o => o.Map("spec").Map("capacity").Text("storage") ?? ""), Text("Access Modes", o => StorageColumns.AccessModes(o.Map("spec"))),
            Text("Reclaim Policy", o => o.Map("spec").Text("persistentVolumeReclaimPolicy") ?? ""), Text("Status", o => o.Map("status").Text("phase") ?? ""),
            Text("Claim", StorageColumns.Claim), Text("StorageClass", o => o.Map("spec").Text("storageClassName") ?? ""),
            Text("VolumeAttributesClass", o => o.Map("spec").Text("volumeAttributesClassName") ?? "<unset>"), Text("Reason", o => o.Map("status").Text("reason") ?? ""),
            Age, Wide("VolumeMode", o => o.Map("spec").Text("volumeMode") ?? "<unset>"),
        ],
        [new("policy", "poddisruptionbudgets")] =
        [
            Name, Text("Min Available", o => NetworkColumns.Value(o.Map("spec")?["minAvailable"])), Text("Max Unavailable", o => NetworkColumns.Value(o.Map("spec")?["maxUnavailable"])),
            Number("Allowed Disruptions", o => o.Map("status").Whole("disruptionsAllowed") ?? 0), Age,
        ],
        [new("rbac.authorization.k8s.io", "roles")] = [Name, CreatedAt],
        [new("rbac.authorization.k8s.io", "clusterroles")] = [Name, CreatedAt],
        [new("rbac.authorization.k8s.io", "rolebindings")] = [Name, Text("Role", NetworkColumns.Role), Age],
        [new("rbac.authorization.k8s.io", "clusterrolebindings")] = [Name, Text("Role", NetworkColumns.Role), Age],
        [new("apiextensions.k8s.io", "customresourcedefinitions")] = [Name, CreatedAt],
        [new("scheduling.k8s.io", "priorityclasses")] =
        [
            Name, Number("Value", o => o.Whole("value") ?? 0), Text("Global-Default", o => o.Flag("globalDefault") ? "true" : "false") with { Type = "boolean" },
            Age, Text("PreemptionPolicy", o => o.Text("preemptionPolicy") ?? ""),
        ],
        [new("storage.k8s.io", "storageclasses")] =
        [
            new TableColumn("Name", (o, _) => StorageColumns.ClassName(o)) { Format = "name", Description = ColumnTexts.Name }, Text("Provisioner", o => o.Text("provisioner") ?? ""),
            Text("ReclaimPolicy", o => o.Text("reclaimPolicy") ?? ""), Text("VolumeBindingMode", o => o.Text("volumeBindingMode") ?? ""),
            Text("AllowVolumeExpansion", o => o.Flag("allowVolumeExpansion") ? "true" : "false"), Age,
        ],
        [new("autoscaling", "horizontalpodautoscalers")] =
        [
            Name, Text("Reference", o => $"{o.Map("spec").Map("scaleTargetRef").Text("kind")}/{o.Map("spec").Map("scaleTargetRef").Text("name")}"), Text("Targets", NetworkColumns.Targets),
            Text("MinPods", o => NetworkColumns.Value(o.Map("spec")?["minReplicas"], "<unset>")), Number("MaxPods", o => o.Map("spec").Whole("maxReplicas") ?? 0) with { Type = "string" },
            Number("Replicas", o => o.Map("status").Whole("currentReplicas") ?? 0) with { Type = "string" }, Age,
        ],
    }.ToFrozenDictionary();

    public static IReadOnlyList<TableColumn> For(ApiResource resource) =>
        resource.IsCustom ? [Name, .. CustomColumns.Of(resource)] : ByResource.GetValueOrDefault(resource.Key, [Name, Age]);

    public static string AgeOf(string? since, DateTimeOffset now) =>
        DateTimeOffset.TryParse(since, CultureInfo.InvariantCulture, out var created) ? HumanDuration.Of(now - created) : "<unknown>";

    internal static TableColumn AgeColumn => Age;

    private static IEnumerable<TableColumn> ContainerColumns() =>
    [
        Wide("Containers", o => WorkloadColumns.Containers(o, "name")) with { Description = "Names of each container in the template." },
        Wide("Images", o => WorkloadColumns.Containers(o, "image")) with { Description = "Images referenced by each container in the template." },
        Wide("Selector", WorkloadColumns.Selector),
    ];

    private static TableColumn Text(string name, Func<JsonObject, string> cell) => new(name, (o, _) => cell(o));

    private static TableColumn Wide(string name, Func<JsonObject, string> cell) => new(name, (o, _) => cell(o)) { Priority = 1 };

    private static TableColumn Number(string name, Func<JsonObject, long> cell) => new(name, (o, _) => cell(o)) { Type = "integer" };
}
