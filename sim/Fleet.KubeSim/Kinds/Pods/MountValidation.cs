using System.Text.Json.Nodes;
using Fleet.KubeSim.Kinds.Rules;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Pods;

/// <summary>Where containers see volumes, after apis/core/validation/validation.go.</summary>
internal static class MountValidation
{
    public static void Mounts(JsonObject container, IReadOnlyDictionary<string, JsonObject> volumes, string field, Findings errors)
    {
        var devices = container.Each("volumeDevices").ToArray();
        var paths = new HashSet<string>(StringComparer.Ordinal);
        var i = 0;
        foreach (var mount in container.Each("volumeMounts"))
        {
            var at = $"{field}[{i++}]";
            var (name, path) = (mount.Text("name") ?? "", mount.Text("mountPath") ?? "");
            errors.Need($"{at}.name", name);
            if (!volumes.ContainsKey(name))
            {
                errors.Add(FieldError.NotFound($"{at}.name", name));
            }

            errors.Need($"{at}.mountPath", path);
            if (!paths.Add(path))
            {
                errors.Invalid($"{at}.mountPath", path, "must be unique");
            }

            if (devices.Any(d => (d.Text("name") ?? "") == name))
            {
                errors.Invalid($"{at}.name", name, "must not already exist in volumeDevices");
            }

            if (devices.Any(d => (d.Text("devicePath") ?? "") == path))
            {
                errors.Invalid($"{at}.mountPath", path, "must not already exist as a path in volumeDevices");
            }

            SubPaths(mount, field, at, errors);
            Propagation(mount, container, field, errors);
        }
    }

    public static void Devices(JsonObject container, IReadOnlyDictionary<string, JsonObject> volumes, string field, Findings errors)
    {
        var mounts = container.Each("volumeMounts").ToArray();
        var (names, paths) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        var i = 0;
        foreach (var device in container.Each("volumeDevices"))
        {
            var at = $"{field}[{i++}]";
            var (name, path) = (device.Text("name") ?? "", device.Text("devicePath") ?? "");
            errors.Need($"{at}.name", name);
            if (name.Length > 0 && !names.Add(name))
            {
                errors.Invalid($"{at}.name", name, "must be unique");
            }

            if (!volumes.TryGetValue(name, out var volume))
            {
                errors.Add(FieldError.NotFound($"{at}.name", name));
            }
            else if (volume["persistentVolumeClaim"] is null && volume["ephemeral"] is null)
            {
                errors.Invalid($"{at}.name", name, "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode");
            }

            errors.Need($"{at}.devicePath", path);
            if (paths.Contains(path))
            {
                errors.Invalid($"{at}.devicePath", path, "must be unique");
            }

            if (FilePaths.NoBacksteps(path) is { Count: > 0 })
            {
                errors.Invalid($"{at}.devicePath", path, "can not contain backsteps ('..')");
            }
            else
            {
                paths.Add(path);
            }

            if (mounts.Any(m => (m.Text("name") ?? "") == name))
            {
                errors.Invalid($"{at}.name", name, "must not already exist in volumeMounts");
            }

            if (mounts.Any(m => (m.Text("mountPath") ?? "") == path))
            {
                errors.Invalid($"{at}.devicePath", path, "must not already exist as a path in volumeMounts");
            }
        }
    }

    private static void SubPaths(JsonObject mount, string field, string at, Findings errors)
    {
        var (path, expression) = (mount.Text("subPath") ?? "", mount.Text("subPathExpr") ?? "");

        // The list's path, without the index: the server leaves it out here.
        if (path.Length > 0)
        {
            errors.Check($"{field}.subPath", path, FilePaths.Descending);
        }

        if (expression.Length > 0)
        {
            if (path.Length > 0)
            {
                errors.Invalid($"{at}.subPathExpr", expression, "subPathExpr and subPath are mutually exclusive");
            }

            errors.Check($"{field}.subPathExpr", expression, FilePaths.Descending);
        }

    }

    private static void Propagation(JsonObject mount, JsonObject container, string field, Findings errors)
    {
        var propagation = mount.Text("mountPropagation");
        if (propagation is not null)
        {
            errors.OneOf($"{field}.mountPropagation", propagation, "Bidirectional", "HostToContainer", "None");
            if (propagation == "Bidirectional" && !container.Map("securityContext").Flag("privileged"))
            {
                errors.Forbidden($"{field}.mountPropagation", "Bidirectional mount propagation is available only to privileged containers");
            }
        }

        switch (mount.Text("recursiveReadOnly"))
        {
            case null or "Disabled":
                break;
            case "Enabled" or "IfPossible":
                if (!mount.Flag("readOnly"))
                {
                    errors.Forbidden($"{field}.recursiveReadOnly", "may only be specified when readOnly is true");
                }

                if (propagation is not (null or "None"))
                {
                    errors.Forbidden($"{field}.recursiveReadOnly", "may only be specified when mountPropagation is None or not specified");
                }

                break;
            default:
                errors.OneOf($"{field}.recursiveReadOnly", mount.Text("recursiveReadOnly")!, "Disabled", "Enabled", "IfPossible");
                break;
        }
    }
}

/// <summary>Rules for paths of files.</summary>
internal static class FilePaths
{
    public static IReadOnlyList<string> NoBacksteps(string path) =>
        path.Split('/').Contains("..", StringComparer.Ordinal) ? ["must not contain '..'"] : [];

    /// <summary>A path below, that is: relative and not upwards.</summary>
    public static IReadOnlyList<string> Descending(string path) =>
        path.StartsWith('/') ? ["must be a relative path", .. NoBacksteps(path)] : NoBacksteps(path);

    /// <summary>Names that start with two dots are the kubelet's own.</summary>
    public static IReadOnlyList<string> NonReserved(string path) =>
        path.StartsWith("..", StringComparison.Ordinal) && !path.StartsWith("../", StringComparison.Ordinal)
            ? [.. Descending(path), "must not start with '..'"]
            : Descending(path);
}
