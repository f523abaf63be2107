using System.Text.Json.Nodes;
using Fleet.KubeSim.Kinds.Pods;
using Fleet.KubeSim.Kinds.Rules;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Storage;

/// <summary>PersistentVolumes, after apis/core/validation/validation.go.</summary>
internal static class VolumeSpecValidation
{
    private static readonly string[] Sources =
    [
        "hostPath", "gcePersistentDisk", "awsElasticBlockStore", "glusterfs", "flocker", "nfs", "rbd", "quobyte", "cephfs", "iscsi", "cinder", "fc",
        "flexVolume", "azureFile", "vsphereVolume", "photonPersistentDisk", "portworxVolume", "azureDisk", "scaleIO", "local", "storageos", "csi",
    ];

    public static void Validate(JsonObject spec, string field, Findings errors)
    {
        if (spec.List("accessModes") is not { Count: > 0 })
        {
            errors.Required($"{field}.accessModes");
        }

        ClaimValidation.AccessModes(spec, field, errors);
        Capacity(spec.Map("capacity"), $"{field}.capacity", errors);
        if (spec.Text("persistentVolumeReclaimPolicy") is { Length: > 0 } policy)
        {
            errors.OneOf($"{field}.persistentVolumeReclaimPolicy", policy, "Delete", "Recycle", "Retain");
        }

        if (spec.Map("nodeAffinity") is { } affinity)
        {
            if (affinity.Map("required") is { } required)
            {
                SchedulingValidation.NodeSelector(required, $"{field}.nodeAffinity.required", errors);
            }
            else
            {
                errors.Required($"{field}.nodeAffinity.required", "must specify required node constraints");
            }
        }

        Source(spec, field, errors);
        if (spec.Map("hostPath").Text("path") is "/" && spec.Text("persistentVolumeReclaimPolicy") == "Recycle")
        {
            errors.Forbidden($"{field}.persistentVolumeReclaimPolicy", "may not be 'recycle' for a hostPath mount of '/'");
        }

        if (spec.Text("storageClassName") is { Length: > 0 } name)
        {
            errors.Check($"{field}.storageClassName", name, Names.Subdomain);
        }

        if (spec.Text("volumeMode") is { } mode)
        {
            errors.OneOf($"{field}.volumeMode", mode, "Block", "Filesystem");
        }
    }

    /// <summary>The source stays, shown as a difference of the server's internal form.</summary>
    public static void Update(JsonObject spec, JsonObject before, Findings errors)
    {
        if (Sources.Any(s => !Json.Equal(spec[s], before[s])))
        {
            errors.Forbidden("spec.persistentvolumesource", "spec.persistentvolumesource is immutable after creation\n" + FormDifference.Of(Shown(before), Shown(spec)));
        }

        errors.Unchanged("volumeMode", spec["volumeMode"], before["volumeMode"]);
        if (before["nodeAffinity"] is not null && !Json.Equal(spec["nodeAffinity"], before["nodeAffinity"]))
        {
            var shown = spec.Map("nodeAffinity") is { } affinity ? InternalForm.Struct(TypeTable.Type("core/v1.VolumeNodeAffinity"), affinity) : null;
            errors.Invalid("nodeAffinity", shown, "field is immutable, except for updating from beta label to GA");
        }
    }

    /// <summary>The sources as the server's internal struct, in its order.</summary>
    private static JsonObject Shown(JsonObject spec)
    {
        var form = InternalForm.Struct(TypeTable.Type("core/v1.PersistentVolumeSpec"), spec);
        string[] order =
        [
            "GCEPersistentDisk", "AWSElasticBlockStore", "HostPath", "Glusterfs", "NFS", "RBD", "Quobyte", "ISCSI", "FlexVolume", "Cinder", "CephFS", "FC",
            "Flocker", "AzureFile", "VsphereVolume", "AzureDisk", "PhotonPersistentDisk", "PortworxVolume", "ScaleIO", "Local", "StorageOS", "CSI",
        ];
        return new JsonObject(order.Select(n => new KeyValuePair<string, JsonNode?>(n, form[n]?.DeepClone())));
    }

    private static void Capacity(JsonObject? capacity, string field, Findings errors)
    {
        if (capacity is not { Count: > 0 })
        {
            errors.Required(field);
        }

        if (capacity?["storage"] is null || capacity.Count > 1)
        {
            errors.Add(FieldError.NotSupported(field, capacity, "storage"));
        }

        foreach (var (name, value) in capacity ?? [])
        {
            if (Quantity.Nanos(Json.TextOf(value)) is { } nanos && nanos <= 0)
            {
                errors.Invalid($"{field}[{name}]", Json.TextOf(value)!, "must be greater than zero");
            }
        }
    }

    private static void Source(JsonObject spec, string field, Findings errors)
    {
        var count = 0;
        foreach (var name in Sources)
        {
            if (spec.Map(name) is not { } source)
            {
                continue;
            }

            var at = $"{field}.{name}";
            if (count++ > 0)
            {
                errors.Forbidden(name == "cephfs" ? $"{field}.cephFS" : at, "may not specify more than 1 volume type");
                continue;
            }

            switch (name)
            {
                case "hostPath":
                    VolumeValidation.HostPath(source, at, errors);
                    break;
                case "nfs":
                    VolumeValidation.Nfs(source, at, errors);
                    break;
                case "csi":
                    CsiValidation.Persistent(source, at, errors);
                    break;
                case "local":
                    errors.Need($"{at}.path", source.Text("path"), FilePaths.NoBacksteps);
                    if (spec["nodeAffinity"] is null)
                    {
                        errors.Required($"{field}.nodeAffinity", "Local volume requires node affinity");
                    }

                    break;
                default:
                    break;
            }
        }

        if (count == 0)
        {
            errors.Required(field, "must specify a volume type");
        }
    }
}
