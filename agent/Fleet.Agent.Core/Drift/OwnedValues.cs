using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Drift;

/// <summary>
/// Hashes the values of the fields that we own, and nothing else: defaulting, status and other managers' fields cannot
/// change it. Owned list items count in the order in which they stand, since a server-side apply would put them back.
/// </summary>
public static class OwnedValues
{
    public static string Hash(KubeObject live, OwnedFields fields)
    {
        if (fields.IsNone) return "";
        using var set = JsonDocument.Parse(fields.Utf8);
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, new() { SkipValidation = true, MaxDepth = 512 }))
        {
            Write(writer, set.RootElement, live.Json, exists: true);
        }
        Span<byte> digest = stackalloc byte[32];
        SHA256.HashData(buffer.WrittenSpan, digest);
        return CanonicalJson.Base64Url(digest);
    }

    private static void Write(Utf8JsonWriter writer, JsonElement set, JsonNode? value, bool exists)
    {
        if (!exists)
        {
            writer.WriteStringValue("absent");
            return;
        }
        var presenceOnly = false;
        if (set.ValueKind != JsonValueKind.Object || !HasChildren(set, out presenceOnly))
        {
            if (presenceOnly) writer.WriteStringValue("present");
            else CanonicalJson.Write(writer, value);
            return;
        }
        writer.WriteStartArray();
        if (value is JsonArray list) WriteItems(writer, set, list);
        foreach (var child in set.EnumerateObject())
        {
            if (!child.Name.StartsWith("f:", StringComparison.Ordinal)) continue;
            writer.WriteStringValue(child.Name);
            JsonNode? next = null;
            var has = value is JsonObject map && map.TryGetPropertyValue(child.Name[2..], out next);
            Write(writer, child.Value, next, has);
        }
        writer.WriteEndArray();
    }

    /// <summary>The owned items in the order of the live list; the ones that are missing then simply do not appear.</summary>
    private static void WriteItems(Utf8JsonWriter writer, JsonElement set, JsonArray list)
    {
        var keyed = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        var shapes = new List<IReadOnlyList<string>>();
        foreach (var child in set.EnumerateObject())
        {
            if (child.Name.StartsWith("v:", StringComparison.Ordinal)) keyed["v" + CanonicalText(child.Name[2..])] = child.Value;
            else if (child.Name.StartsWith("i:", StringComparison.Ordinal)) keyed[child.Name] = child.Value;
            else if (child.Name.StartsWith("k:", StringComparison.Ordinal) && ListKey.Parse(child.Name) is { } key)
            {
                keyed["k" + key.Canonical] = child.Value;
                var names = key.Names.ToList();
                if (!shapes.Any(s => s.SequenceEqual(names))) shapes.Add(names);
            }
        }
        for (var i = 0; i < list.Count; i++)
        {
            var item = list[i];
            if (Find(item, i) is not { } found) continue;
            writer.WriteStringValue(found.Key);
            Write(writer, found.Set, item, exists: true);
        }

        (string Key, JsonElement Set)? Find(JsonNode? item, int index)
        {
            foreach (var shape in shapes)
            {
                if (ListKey.Of(item, shape) is { } k && keyed.TryGetValue("k" + k, out var byKey)) return ("k" + k, byKey);
            }
            if (item is not JsonObject and not JsonArray && "v" + CanonicalJson.Text(item) is var v && keyed.TryGetValue(v, out var byValue)) return (v, byValue);
            return keyed.TryGetValue($"i:{index}", out var byIndex) ? ($"i:{index}", byIndex) : null;
        }
    }

    private static string CanonicalText(string json)
    {
        try
        {
            return CanonicalJson.Text(JsonNode.Parse(json));
        }
        catch (JsonException)
        {
            return json;
        }
    }

    private static bool HasChildren(JsonElement set, out bool presenceOnly)
    {
        presenceOnly = false;
        var any = false;
        foreach (var child in set.EnumerateObject())
        {
            if (child.NameEquals(OwnedFields.PresenceOnly)) presenceOnly = true;
            else any |= !child.NameEquals(".");
        }
        // {".": {}} alone: we own that the map or the item is there, with what it holds belonging to others.
        if (!any && set.TryGetProperty(".", out _)) presenceOnly = true;
        return any;
    }
}
