using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>
/// Values in the server's internal form, which some of its messages print: every field, under its Go name, whatever it holds.
/// </summary>
internal static class InternalForm
{
    /// <summary>Field names that are not just the JSON name with a capital.</summary>
    private static readonly Dictionary<string, string> Irregular = new(StringComparer.Ordinal)
    {
        ["cephfs"] = "CephFS",
        ["csi"] = "CSI",
        ["dnsConfig"] = "DNSConfig",
        ["dnsPolicy"] = "DNSPolicy",
        ["fc"] = "FC",
        ["fsGroup"] = "FSGroup",
        ["fsGroupChangePolicy"] = "FSGroupChangePolicy",
        ["fsType"] = "FSType",
        ["gcePersistentDisk"] = "GCEPersistentDisk",
        ["awsElasticBlockStore"] = "AWSElasticBlockStore",
        ["grpc"] = "GRPC",
        ["httpGet"] = "HTTPGet",
        ["httpHeaders"] = "HTTPHeaders",
        ["ip"] = "IP",
        ["iscsi"] = "ISCSI",
        ["nfs"] = "NFS",
        ["os"] = "OS",
        ["rbd"] = "RBD",
        ["seLinuxChangePolicy"] = "SELinuxChangePolicy",
        ["seLinuxOptions"] = "SELinuxOptions",
        ["storageos"] = "StorageOS",
        ["tcpSocket"] = "TCPSocket",
        ["tty"] = "TTY",
        ["uid"] = "UID",
        ["uri"] = "URI",
        ["wwids"] = "WWIDs",
    };

    private static readonly string[] PodSpec =
    [
        "volumes", "initContainers", "containers", "ephemeralContainers", "restartPolicy", "terminationGracePeriodSeconds",
        "activeDeadlineSeconds", "dnsPolicy", "nodeSelector", "serviceAccountName", "automountServiceAccountToken", "nodeName",
        "securityContext", "imagePullSecrets", "hostname", "subdomain", "setHostnameAsFQDN", "affinity", "schedulerName", "tolerations",
        "hostAliases", "priorityClassName", "priority", "preemptionPolicy", "dnsConfig", "readinessGates", "runtimeClassName", "overhead",
        "enableServiceLinks", "topologySpreadConstraints", "os", "schedulingGates", "resourceClaims", "resources", "hostnameOverride", "schedulingGroup",
    ];

    private static readonly string[] PodSecurity =
    [
        "seLinuxOptions", "windowsOptions", "runAsUser", "runAsGroup", "runAsNonRoot", "supplementalGroups", "supplementalGroupsPolicy",
        "fsGroup", "fsGroupChangePolicy", "sysctls", "seccompProfile", "appArmorProfile", "seLinuxChangePolicy",
    ];

    /// <summary>Types of the machinery, which have JSON names also inside the server.</summary>
    private static readonly HashSet<string> External = new(StringComparer.Ordinal) { "v1.LabelSelector", "v1.ObjectMeta" };

    /// <summary>A pod template: its metadata is inlined.</summary>
    public static JsonObject PodTemplate(JsonObject template)
    {
        var form = template.Map("metadata") is { } metadata ? (JsonObject)metadata.DeepClone() : [];
        form["Spec"] = Pod(template.Map("spec") ?? []);
        return form;
    }

    /// <summary>A pod spec: the host's namespaces are in its security context.</summary>
    public static JsonObject Pod(JsonObject spec)
    {
        var type = TypeTable.Type("core/v1.PodSpec");
        var form = new JsonObject();
        foreach (var name in PodSpec)
        {
            var field = type.Field(name)!;
            form[Name(name)] = name == "securityContext" ? Security(spec, field.Type) : Value(field, spec[name]);
        }

        return form;
    }

    public static JsonObject Struct(TypeSchema type, JsonObject value)
    {
        var form = new JsonObject();
        foreach (var field in type.Fields)
        {
            form[Name(field.Name)] = Value(field, value[field.Name]);
        }

        return form;
    }

    private static JsonObject Security(JsonObject spec, TypeSchema type)
    {
        var form = new JsonObject
        {
            ["HostNetwork"] = spec.Flag("hostNetwork"),
            ["HostPID"] = spec.Flag("hostPID"),
            ["HostIPC"] = spec.Flag("hostIPC"),
            ["ShareProcessNamespace"] = spec["shareProcessNamespace"]?.DeepClone(),
            ["HostUsers"] = spec["hostUsers"]?.DeepClone(),
        };
        var context = spec.Map("securityContext") ?? [];
        foreach (var name in PodSecurity)
        {
            form[Name(name)] = Value(type.Field(name)!, context[name]);
        }

        return form;
    }

    private static JsonNode? Value(SchemaField field, JsonNode? value)
    {
        var type = field.Type;
        if (value is null)
        {
            return field.Pointer || type.AllowsList || (type.AllowsMap && !type.IsStruct) ? null
                : type.IsStruct ? Struct(type, [])
                : type.Scalar switch
                {
                    ScalarKind.Text => "",
                    ScalarKind.Boolean => false,
                    ScalarKind.Int32 or ScalarKind.Int64 or ScalarKind.IntOrString => 0,
                    ScalarKind.Quantity => "0",
                    _ => null,
                };
        }

        return Form(type, value);
    }

    private static JsonNode? Form(TypeSchema type, JsonNode? value) => value switch
    {
        JsonObject when External.Contains(type.GoName) => value.DeepClone(),
        JsonObject map when type.IsStruct => Struct(type, map),
        JsonArray list when type.ListElement is { } element => new JsonArray([.. list.Select(i => Form(element, i))]),
        _ => value?.DeepClone(),
    };

    private static string Name(string json) =>
        Irregular.TryGetValue(json, out var name) ? name : string.Concat(char.ToUpperInvariant(json[0]).ToString(), json.AsSpan(1));
}
