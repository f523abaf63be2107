using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;

namespace Fleet.KubeSim.Selectors;

/// <summary>The fields that each built-in kind can be selected by, and their values in an object.</summary>
internal static class SelectableFields
{
    private static readonly IReadOnlyDictionary<string, string[]> ByKind = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["Pod"] = ["spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork", "status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName"],
        ["Event"] = ["involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type"],
        ["Secret"] = ["type"],
        ["Service"] = ["spec.clusterIP", "spec.type"],
        ["Namespace"] = ["status.phase"],
        ["Node"] = ["spec.unschedulable"],
        ["ReplicaSet"] = ["status.replicas"],
        ["ReplicationController"] = ["status.replicas"],
        ["Job"] = ["status.successful"],
        ["CertificateSigningRequest"] = ["spec.signerName"],
    };

    /// <summary>Whether a kind can be selected by a field. Kinds without fields of their own accept a namespace even where they have none.</summary>
    public static bool IsKnown(ApiResource resource, string field) =>
        field == "metadata.name"
        || (field == "metadata.namespace" && (resource.Namespaced || !(resource.IsCustom || ByKind.ContainsKey(resource.Kind))))
        || (resource.IsCustom ? resource.SelectableFields.Contains(field) : ByKind.TryGetValue(resource.Kind, out var fields) && fields.Contains(field));

    /// <summary>The server's message for a field that a kind cannot be selected by.</summary>
    public static string Unknown(ApiResource resource, string field) =>
        resource is { Kind: "Job", IsCustom: false } ? $"field label \"{field}\" not supported for Job"
        : resource.IsCustom || ByKind.ContainsKey(resource.Kind) ? $"field label not supported: {field}"
        : $"\"{field}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"";

    public static string Read(JsonObject content, string field)
    {
        if (field == "status.successful")
        {
            field = "status.succeeded";
        }

        JsonNode? node = content;
        foreach (var part in field.Split('.'))
        {
            node = (node as JsonObject)?[part];
        }

        return node switch
        {
            null => field is "status.replicas" or "status.succeeded" ? "0" : field is "spec.unschedulable" or "spec.hostNetwork" ? "false" : "",
            JsonObject source => (string?)source["component"] ?? "",
            // status.podIPs is accepted, and never compared with anything.
            JsonArray => "",
            JsonValue value when value.GetValueKind() == System.Text.Json.JsonValueKind.String => (string)value!,
            _ => node.ToJsonString(),
        };
    }
}
