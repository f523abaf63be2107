using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Drift;

/// <summary>The key of an item in an associative list, as FieldsV1 writes it: <c>k:{"containerPort":80,"protocol":"TCP"}</c>.</summary>
internal sealed class ListKey
{
    private readonly JsonObject _fields;

    private ListKey(JsonObject fields) => _fields = fields;

    public IEnumerable<string> Names => _fields.Select(f => f.Key);

    public static ListKey? Parse(string path)
    {
        try
        {
            return JsonNode.Parse(path.AsSpan(2).ToString()) is JsonObject fields ? new(fields) : null;
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    /// <summary>An item's own key by these field names, in one form, so that items can be looked up.</summary>
    public static string? Of(JsonNode? item, IReadOnlyList<string> names)
    {
        if (item is not JsonObject map) return null;
        var key = new JsonObject();
        foreach (var name in names)
        {
            if (map.TryGetPropertyValue(name, out var value)) key[name] = value?.DeepClone();
        }
        return CanonicalJson.Text(key);
    }

    public string Canonical => CanonicalJson.Text(_fields);

    public bool Matches(JsonNode? item) =>
        item is JsonObject map && _fields.All(f => map.TryGetPropertyValue(f.Key, out var value) && JsonSemantics.Same(f.Value, value));

    /// <summary>As <see cref="Matches"/>, but what a manifest leaves to the server's default (a port's protocol) does not count.</summary>
    public bool MatchesLoosely(JsonNode? item) =>
        item is JsonObject map && _fields.All(f => !map.TryGetPropertyValue(f.Key, out var value) || JsonSemantics.Same(f.Value, value)) && _fields.Any(f => map.ContainsKey(f.Key));

    /// <summary>A key field's value in words; null when it is no part of the key.</summary>
    public string? Text(string name) => _fields.TryGetPropertyValue(name, out var value) ? value.AsText() ?? value?.ToJsonString() : null;

    /// <summary>As people write it: <c>[name="web"]</c>.</summary>
    public override string ToString() => $"[{string.Join(",", _fields.Select(f => $"{f.Key}={f.Value?.ToJsonString() ?? "null"}"))}]";
}
