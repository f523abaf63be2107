using System.Text.Json.Nodes;
using Fleet.KubeSim.Kinds.Rules;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Pods;

/// <summary>Files that a volume shows, after apis/core/validation/validation.go.</summary>
internal static class ProjectionValidation
{
    public static void Mode(JsonObject source, string name, string field, Findings errors)
    {
        if (source.Whole(name) is { } mode and (> 0x1FF or < 0))
        {
            errors.Invalid($"{field}.{name}", mode, "must be a number between 0 and 0777 (octal), both inclusive");
        }
    }

    public static void Items(JsonObject source, string field, Findings errors)
    {
        var i = 0;
        foreach (var item in source.Each("items"))
        {
            var at = $"{field}.items[{i++}]";
            errors.Need($"{at}.key", item.Text("key"));
            errors.Need($"{at}.path", item.Text("path"));
            errors.Check($"{at}.path", item.Text("path") ?? "", FilePaths.NonReserved);
            Mode(item, "mode", at, errors);
        }
    }

    /// <summary>Their errors carry no index: the server gives the list's path.</summary>
    public static void DownwardFiles(JsonObject source, string field, Findings errors)
    {
        foreach (var file in source.Each("items"))
        {
            errors.Need($"{field}.path", file.Text("path"));
            errors.Check($"{field}.path", file.Text("path") ?? "", FilePaths.NonReserved);
            var (pod, resource) = (file.Map("fieldRef"), file.Map("resourceFieldRef"));
            if (pod is not null)
            {
                EnvironmentValidation.FieldRef(pod, file: true, $"{field}.fieldRef", errors);
                if (resource is not null)
                {
                    errors.Invalid(field, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously");
                }
            }
            else if (resource is not null)
            {
                EnvironmentValidation.ResourceRef(resource, file: true, $"{field}.resourceFieldRef", errors);
            }
            else
            {
                errors.Required(field, "one of fieldRef and resourceFieldRef is required");
            }

            Mode(file, "mode", field, errors);
        }
    }

    public static void Projected(JsonObject volume, string field, Findings errors)
    {
        Mode(volume, "defaultMode", field, errors);
        var paths = new HashSet<string>(StringComparer.Ordinal);
        var i = 0;
        foreach (var source in volume.Each("sources"))
        {
            var at = $"{field}.sources[{i++}]";
            foreach (var kind in (string[])["secret", "configMap"])
            {
                if (source.Map(kind) is { } files)
                {
                    errors.Need($"{at}.{kind}.name", files.Text("name"));
                    Items(files, $"{at}.{kind}", errors);
                    Unique(files, files.Text("name"));
                }
            }

            if (source.Map("downwardAPI") is { } downward)
            {
                DownwardFiles(downward, $"{at}.downwardAPI", errors);
                Unique(downward, null);
            }

            if (source.Map("serviceAccountToken") is { } token)
            {
                Token(token, $"{at}.serviceAccountToken", field, errors);
            }

            if (((string[])["secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate"]).Count(k => source[k] is not null) > 1)
            {
                errors.Forbidden(at, "may not specify more than 1 volume type per source");
            }
        }

        void Unique(JsonObject files, string? shown)
        {
            foreach (var file in files.Each("items"))
            {
                if (file.Text("path") is { Length: > 0 } path && !paths.Add(path))
                {
                    errors.Invalid(field, shown ?? path, "conflicting duplicate paths");
                }
            }
        }
    }

    private static void Token(JsonObject token, string at, string field, Findings errors)
    {
        var seconds = token.Whole("expirationSeconds") ?? 0;
        if (seconds < 600)
        {
            errors.Invalid($"{at}.expirationSeconds", seconds, "may not specify a duration less than 10 minutes");
        }
        else if (seconds > 1L << 32)
        {
            errors.Invalid($"{at}.expirationSeconds", seconds, "may not specify a duration larger than 2^32 seconds");
        }

        errors.Need($"{field}.path", token.Text("path"), FilePaths.NonReserved);
    }
}
