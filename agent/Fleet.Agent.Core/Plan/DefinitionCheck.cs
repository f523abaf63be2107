using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Plan;

/// <summary>
/// Checks an object against a CRD that the server does not have yet, so that it cannot be asked: types, required fields, unknown
/// fields, enumerations and bounds. What it does not know (CEL rules, patterns, defaults) it lets pass; the server has the last word.
/// </summary>
public static class DefinitionCheck
{
    private const int MaxProblems = 5;

    /// <summary>Empty when nothing speaks against it.</summary>
    public static IReadOnlyList<string> Problems(KubeObject manifest, KubeObject definition)
    {
        var version = definition.Spec.List("versions").Objects().FirstOrDefault(v => v.Text("name") == manifest.GroupVersionKind.Version);
        if (version is null || version.Flag("served") != true) return [$"its CRD does not serve the version {manifest.GroupVersionKind.Version}"];
        var problems = new List<string>();
        if (version.Map("schema").Map("openAPIV3Schema") is { } schema) Check(manifest.Json, schema, "", problems, isRoot: true);
        return problems;
    }

    private static void Check(JsonNode? value, JsonObject schema, string path, List<string> problems, bool isRoot = false)
    {
        if (problems.Count >= MaxProblems) return;
        if (value is null)
        {
            if (schema.Flag("nullable") != true) problems.Add($"{path}: must not be null");
            return;
        }
        if (schema.Flag("x-kubernetes-int-or-string") == true)
        {
            if (value is not JsonValue) problems.Add($"{path}: must be a number or a string");
            return;
        }
        switch (schema.Text("type"))
        {
            case "object" when value is JsonObject map: Fields(map, schema, path, problems, isRoot); break;
            case "array" when value is JsonArray list: Items(list, schema, path, problems); break;
            case "string" when value.AsText() is not null: break;
            case "boolean" when value is JsonValue b && b.TryGetValue(out bool _): break;
            case "integer" when value is JsonValue i && i.TryGetValue(out long _): Bounds(value, schema, path, problems); break;
            case "number" when value is JsonValue n && n.TryGetValue(out double _): Bounds(value, schema, path, problems); break;
            case null or "": break;
            case var type: problems.Add($"{path}: must be of type {type}"); return;
        }
        if (schema.List("enum") is { } choices && !choices.Any(c => JsonNode.DeepEquals(c, value))) problems.Add($"{path}: must be one of {string.Join(", ", choices.Select(c => c?.ToJsonString() ?? "null"))}");
    }

    private static void Fields(JsonObject map, JsonObject schema, string path, List<string> problems, bool isRoot)
    {
        foreach (var required in (schema.List("required") ?? []).Select(r => r.AsText()).OfType<string>().Where(r => !map.ContainsKey(r))) problems.Add($"{path}.{required}: is required");
        var properties = schema.Map("properties");
        var any = schema["additionalProperties"];
        var open = schema.Flag("x-kubernetes-preserve-unknown-fields") == true || (any is JsonValue all && all.TryGetValue(out bool every) && every);
        foreach (var (name, child) in map)
        {
            // The server's own part of every object.
            if ((isRoot || schema.Flag("x-kubernetes-embedded-resource") == true) && name is "apiVersion" or "kind" or "metadata") continue;
            if (properties.Map(name) is { } known) Check(child, known, $"{path}.{name}", problems);
            else if (any is JsonObject each) Check(child, each, $"{path}.{name}", problems);
            else if (!open) problems.Add($"{path}.{name}: the CRD knows no such field");
        }
    }

    private static void Items(JsonArray list, JsonObject schema, string path, List<string> problems)
    {
        if (schema.Number("maxItems") is { } most && list.Count > most) problems.Add($"{path}: has more than {most} items");
        if (schema.Number("minItems") is { } least && list.Count < least) problems.Add($"{path}: has fewer than {least} items");
        if (schema.Map("items") is not { } each) return;
        for (var i = 0; i < list.Count; i++) Check(list[i], each, $"{path}[{i}]", problems);
    }

    private static void Bounds(JsonNode value, JsonObject schema, string path, List<string> problems)
    {
        var number = value.GetValue<double>();
        if (schema["minimum"] is JsonValue low && low.TryGetValue(out double least) && number < least) problems.Add($"{path}: must be at least {least}");
        if (schema["maximum"] is JsonValue high && high.TryGetValue(out double most) && number > most) problems.Add($"{path}: must be at most {most}");
    }
}
