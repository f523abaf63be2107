using System.Text.Json.Nodes;
using Fleet.KubeSim.Kinds.Rules;
using Fleet.KubeSim.Kinds.Storage;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Pods;

/// <summary>The volumes of a pod, after apis/core/validation/validation.go.</summary>
internal static class VolumeValidation
{
    /// <summary>The sources in the order the server looks at them, with the name it forbids a second one by.</summary>
    private static readonly (string Name, string Shown)[] Sources =
    [
        .. ((string[])["emptyDir", "hostPath", "gitRepo", "gcePersistentDisk", "awsElasticBlockStore", "secret", "nfs", "iscsi", "glusterfs", "flocker",
            "persistentVolumeClaim", "rbd", "cinder"]).Select(n => (n, n)),
        ("cephfs", "cephFS"), ("quobyte", "quobyte"), ("downwardAPI", "downwarAPI"),
        .. ((string[])["fc", "flexVolume", "configMap", "azureFile", "vsphereVolume", "photonPersistentDisk", "portworxVolume", "azureDisk", "storageos",
            "projected", "scaleIO", "csi", "ephemeral", "image"]).Select(n => (n, n)),
    ];

    private static readonly string[] HostPathTypes =
        ["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];

    /// <summary>The valid volumes by name.</summary>
    public static Dictionary<string, JsonObject> Volumes(JsonObject spec, string? podName, string field, Findings errors)
    {
        var valid = new Dictionary<string, JsonObject>(StringComparer.Ordinal);
        var created = spec.Each("volumes").Where(v => v["ephemeral"] is not null && podName is not null)
            .Select(v => $"{podName}-{v.Text("name")}").ToHashSet(StringComparer.Ordinal);
        var i = 0;
        foreach (var volume in spec.Each("volumes"))
        {
            var (at, name) = ($"{field}[{i++}]", volume.Text("name") ?? "");
            var found = new Findings();
            Source(volume, podName, at, found);
            found.Need($"{at}.name", name, Names.Label);
            if (valid.ContainsKey(name))
            {
                found.Duplicate($"{at}.name", name);
            }

            if (found.Errors.Count == 0)
            {
                valid.Add(name, volume);
            }

            errors.AddAll(found);
            if (volume.Map("persistentVolumeClaim").Text("claimName") is { } claim && created.Contains(claim))
            {
                errors.Invalid($"{at}.persistentVolumeClaim.claimName", claim, "must not reference a PVC that gets created for an ephemeral volume");
            }
        }

        return valid;
    }

    public static void HostPath(JsonObject source, string field, Findings errors)
    {
        if (source.Text("path") is not { Length: > 0 } path)
        {
            errors.Required($"{field}.path");
            return;
        }

        errors.Check($"{field}.path", path, FilePaths.NoBacksteps);
        errors.OneOf($"{field}.type", source.Text("type") ?? "", HostPathTypes);
    }

    public static void Nfs(JsonObject source, string field, Findings errors)
    {
        errors.Need($"{field}.server", source.Text("server"));
        errors.Need($"{field}.path", source.Text("path"));
        if (source.Text("path") is not { } path || !path.StartsWith('/'))
        {
            errors.Invalid($"{field}.path", source.Text("path") ?? "", "must be an absolute path");
        }
    }

    private static void Source(JsonObject volume, string? podName, string field, Findings errors)
    {
        var count = 0;
        foreach (var (name, shown) in Sources)
        {
            if (volume.Map(name) is not { } source)
            {
                continue;
            }

            if (count++ > 0)
            {
                errors.Forbidden($"{field}.{shown}", "may not specify more than 1 volume type");
                continue;
            }

            One(name, source, podName is not null, $"{field}.{(name == "gcePersistentDisk" ? "persistentDisk" : name)}", errors);
            if (name == "ephemeral" && podName is not null && volume.Text("name") is { Length: > 0 } own)
            {
                foreach (var why in Names.Subdomain($"{podName}-{own}"))
                {
                    errors.Invalid($"{field}.name", own, $"PVC name {GoText.Quote($"{podName}-{own}")}: {why}");
                }
            }
        }

        if (count == 0)
        {
            errors.Required(field, "must specify a volume type");
        }
    }

    private static void One(string name, JsonObject source, bool pod, string field, Findings errors)
    {
        switch (name)
        {
            case "emptyDir":
                if (Quantity.Nanos(source.Text("sizeLimit")) is { } limit && limit < 0)
                {
                    errors.Forbidden($"{field}.sizeLimit", "SizeLimit field must be a valid resource quantity");
                }

                break;
            case "hostPath":
                HostPath(source, field, errors);
                break;
            case "secret":
                errors.Need($"{field}.secretName", source.Text("secretName"));
                ProjectionValidation.Mode(source, "defaultMode", field, errors);
                ProjectionValidation.Items(source, field, errors);
                break;
            case "configMap":
                errors.Need($"{field}.name", source.Text("name"));
                ProjectionValidation.Mode(source, "defaultMode", field, errors);
                ProjectionValidation.Items(source, field, errors);
                break;
            case "downwardAPI":
                ProjectionValidation.Mode(source, "defaultMode", field, errors);
                ProjectionValidation.DownwardFiles(source, field, errors);
                break;
            case "projected":
                ProjectionValidation.Projected(source, field, errors);
                break;
            case "persistentVolumeClaim":
                errors.Need($"{field}.claimName", source.Text("claimName"));
                break;
            case "nfs":
                Nfs(source, field, errors);
                break;
            case "csi":
                CsiValidation.Inline(source, field, errors);
                break;
            case "ephemeral":
                Ephemeral(source, field, errors);
                break;
            case "image":
                if (pod)
                {
                    errors.Need($"{field}.reference", source.Text("reference"));
                }

                errors.NeedOneOf($"{field}.pullPolicy", source.Text("pullPolicy"), "Always", "IfNotPresent", "Never");
                break;
            default:
                Deprecated(name, source, field, errors);
                break;
        }
    }

    private static void Ephemeral(JsonObject source, string field, Findings errors)
    {
        if (source.Map("volumeClaimTemplate") is not { } template)
        {
            errors.Required($"{field}.volumeClaimTemplate");
            return;
        }

        Metadata.Labels(template.Map("metadata").Map("labels"), $"{field}.volumeClaimTemplate.metadata.labels", errors);
        Metadata.Annotations(template.Map("metadata").Map("annotations"), $"{field}.volumeClaimTemplate.metadata.annotations", errors);
        ClaimValidation.Spec(template.Map("spec") ?? [], $"{field}.volumeClaimTemplate.spec", errors);
    }

    /// <summary>Sources of drivers that moved out: only what must be there.</summary>
    private static void Deprecated(string name, JsonObject source, string field, Findings errors)
    {
        string[] needed = name switch
        {
            "gitRepo" => ["repository"],
            "gcePersistentDisk" => ["pdName"],
            "awsElasticBlockStore" or "cinder" or "portworxVolume" => ["volumeID"],
            "iscsi" => ["targetPortal", "iqn"],
            "glusterfs" => ["endpoints", "path"],
            "vsphereVolume" => ["volumePath"],
            "photonPersistentDisk" => ["pdID"],
            "azureFile" => ["secretName", "shareName"],
            "azureDisk" => ["diskName", "diskURI"],
            "flexVolume" => ["driver"],
            "scaleIO" => ["gateway", "system", "volumeName"],
            _ => [],
        };
        foreach (var part in needed)
        {
            errors.Need($"{field}.{part}", source.Text(part));
        }

        if (name is "rbd" or "cephfs" && source.List("monitors") is not { Count: > 0 })
        {
            errors.Required($"{field}.monitors");
        }

        if (name == "rbd")
        {
            errors.Need($"{field}.image", source.Text("image"));
        }
    }
}
