using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fleet.Rendering.Steps;

/// <summary>Checks what every manifest must have, so that a mistake is named with its file and line and not by an API server in Go's words.</summary>
internal static class ManifestCheck
{
    public static List<RenderedObject> Run(List<RenderedObject> objects, RenderContext context) => [.. objects.Where(o => Check(o, context))];

    private static bool Check(RenderedObject o, RenderContext context)
    {
        var before = true;
        var m = o.Manifest;
        void Wrong(string problem, string advice)
        {
            before = false;
            context.Error(o, problem, advice);
        }

        if (Required(m, "apiVersion", "apiVersion", Wrong) is { } version && !IsApiVersion(version)) Wrong($"apiVersion '{version}' is none", "Write VERSION or GROUP/VERSION, such as v1 or apps/v1");
        if (Required(m, "kind", "kind", Wrong) is { } kind && !kind.All(char.IsAsciiLetterOrDigit)) Wrong($"kind '{kind}' is none", "Write the kind's name, such as Deployment");
        if (m["metadata"] is not JsonObject metadata)
        {
            Wrong(m.ContainsKey("metadata") ? $"metadata is {ManifestText.Words(m["metadata"])}" : "metadata is missing", "Write a map with at least a name");
            return before;
        }
        if (!metadata.ContainsKey("name") && metadata.ContainsKey("generateName")) Wrong("metadata.generateName gives another name each time", "Write metadata.name: only a fixed name can be kept in step with Git");
        else if (Required(metadata, "name", "metadata.name", Wrong) is { } name && !IsPathSafe(name)) Wrong($"metadata.name '{name}' cannot be a name", "Use lower-case letters, digits, '-' and '.'");
        if (metadata["namespace"] is { } ns && (ManifestText.Of(ns) is not { } text || !IsPathSafe(text)) && ManifestText.Of(ns) != "") Wrong($"metadata.namespace is {ManifestText.Words(ns)}", "Write the namespace's name, in quotes if it reads like a number or a boolean");
        Strings(metadata, "labels", Wrong);
        Strings(metadata, "annotations", Wrong);
        return before;
    }

    private static string? Required(JsonObject map, string key, string path, Action<string, string> wrong)
    {
        var value = map[key];
        if (ManifestText.Of(value) is { Length: > 0 } text) return text;
        if (value is null || ManifestText.Of(value) is "") wrong($"{path} is missing", $"Write {path}");
        else wrong($"{path} is {ManifestText.Words(value)}", value is JsonValue ? "Put it in quotes: YAML reads it as something else than a string" : "Write a string");
        return null;
    }

    private static void Strings(JsonObject metadata, string key, Action<string, string> wrong)
    {
        switch (metadata[key])
        {
            case null:
                break;
            case JsonObject map:
                foreach (var (name, value) in map)
                {
                    if (value is not null && (value is not JsonValue v || v.GetValueKind() != JsonValueKind.String)) wrong($"metadata.{key}.{name} is {ManifestText.Words(value)}", "Put it in quotes: its values are strings");
                }
                break;
            case var other:
                wrong($"metadata.{key} is {ManifestText.Words(other)}", "Write a map of strings");
                break;
        }
    }

    private static bool IsApiVersion(string version)
    {
        var parts = version.Split('/');
        return parts.Length <= 2 && parts.All(p => p.Length > 0 && p is not ("." or "..") && p.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-'));
    }

    /// <summary>RBAC names may hold a colon and more; none may hold what would make another path of it.</summary>
    private static bool IsPathSafe(string name) => name is not ("." or "..") && name.Length is > 0 and <= 253 && !name.Any(c => c is '/' or '%' || char.IsControl(c) || char.IsWhiteSpace(c));
}
