using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Simulation;

/// <summary>Makes pods out of templates, and names templates by their content.</summary>
internal static class PodTemplates
{
    private const string Alphabet = "bcdfghjklmnpqrstvwxz2456789";

    /// <summary>A short hash that changes with the template, in the alphabet that Kubernetes uses for such names.</summary>
    public static string Hash(JsonNode? template)
    {
        var copy = template?.DeepClone() as JsonObject ?? [];
        copy.Map("metadata").Map("labels")?.Remove("pod-template-hash");
        var digest = SHA256.HashData(Encoding.UTF8.GetBytes(Canonical(copy)));
        return string.Concat(digest.Take(10).Select(b => Alphabet[b % Alphabet.Length]));
    }

    /// <summary>A pod of a controller's template; its name or generateName is the caller's.</summary>
    public static JsonObject Pod(JsonObject owner, JsonObject template, string? name, string? generateName, params (string Key, string Value)[] labels)
    {
        var metadata = (JsonObject?)template.Map("metadata")?.DeepClone() ?? [];
        metadata.Remove("creationTimestamp");
        metadata.Remove("name");
        if (name is not null)
        {
            metadata["name"] = name;
        }

        if (generateName is not null)
        {
            metadata["generateName"] = generateName;
        }

        foreach (var (key, value) in labels)
        {
            metadata.MapOrNew("labels")[key] = value;
        }

        metadata["ownerReferences"] = new JsonArray(Owner(owner));
        return new JsonObject { ["metadata"] = metadata, ["spec"] = template.Map("spec")?.DeepClone() ?? new JsonObject() };
    }

    /// <summary>A controlling owner reference.</summary>
    public static JsonObject Owner(JsonObject owner) => new()
    {
        ["apiVersion"] = owner.Text("apiVersion"),
        ["kind"] = owner.Text("kind"),
        ["name"] = owner.Map("metadata").Text("name"),
        ["uid"] = owner.Map("metadata").Text("uid"),
        ["controller"] = true,
        ["blockOwnerDeletion"] = true,
    };

    public static bool IsReady(JsonObject pod) =>
        (pod.Map("status").List("conditions") ?? []).OfType<JsonObject>().Any(c => c.Text("type") == "Ready" && c.Text("status") == "True");

    /// <summary>Pods that still count: neither ending nor done.</summary>
    public static bool IsActive(JsonObject pod) =>
        pod.Map("metadata")?["deletionTimestamp"] is null && pod.Map("status").Text("phase") is not ("Succeeded" or "Failed");

    private static string Canonical(JsonNode? node) => node switch
    {
        JsonObject map => "{" + string.Join(",", map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}:{Canonical(p.Value)}")) + "}",
        JsonArray list => "[" + string.Join(",", list.Select(Canonical)) + "]",
        null => "null",
        _ => node.ToJsonString().ToString(CultureInfo.InvariantCulture),
    };
}
