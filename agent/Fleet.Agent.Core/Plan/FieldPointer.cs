using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Plan;

/// <summary>One step of a <see cref="FieldPointer"/>: into a field of a map, or into items of a list.</summary>
public sealed record PointerStep(string Field, IReadOnlyList<(string Key, string Value)>? Match)
{
    /// <summary>True for <c>[name=web]</c> and <c>*</c>, which mean items of a list.</summary>
    public bool IsItems => Match is not null;

    /// <summary>A JSON pointer's index: places of list items are nobody's to rely on.</summary>
    public bool IsPlace => !IsItems && Field.Length > 0 && (Field == "-" || Field.All(char.IsAsciiDigit));

    public bool Fits(JsonNode? item) => Match is { } match && (match.Count == 0 ? item is not null
        : item is JsonObject map && match.All(m => map.TryGetPropertyValue(m.Key, out var value) && Words(value) == m.Value));

    public override string ToString() => Match switch
    {
        null => "/" + Field.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal),
        { Count: 0 } => "/*",
        var match => $"[{string.Join(",", match.Select(m => $"{m.Key}={m.Value}"))}]",
    };

    private static string? Words(JsonNode? value) => value is not JsonValue v ? null : v.GetValueKind() switch
    {
        JsonValueKind.String => v.GetValue<string>(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => JsonNumber.TryRead(v, out var n) ? n.Canonical : null,
    };
}

/// <summary>
/// A field of a manifest: a JSON pointer whose list items are named by what is in them and not by their place, as in
/// <c>/spec/template/spec/containers[name=web]/image</c>, or <c>/spec/template/spec/containers/*/image</c> for all items.
/// </summary>
public sealed record FieldPointer(string Text, IReadOnlyList<PointerStep> Steps)
{
    /// <summary>Null when it cannot be read; the hub refuses those before they come here.</summary>
    public static FieldPointer? Parse(string text)
    {
        if (text.Length < 2 || text[0] != '/') return null;
        var steps = new List<PointerStep>();
        for (var at = 0; at < text.Length;)
        {
            if (text[at] == '[')
            {
                if (Items(text, ref at) is not { } items) return null;
                steps.Add(items);
            }
            else if (text[at] == '/')
            {
                var end = at + 1;
                while (end < text.Length && text[end] is not ('/' or '[')) end++;
                var name = text[(at + 1)..end];
                steps.Add(name == "*" ? new("", []) : new(name.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal), null));
                at = end;
            }
            else
            {
                return null;
            }
        }
        return new(text, steps);
    }

    /// <summary>As it stands up to a step, for messages.</summary>
    public string Upto(int step) => string.Concat(Steps.Take(step));

    /// <summary>The item that an index means here, as it should be written.</summary>
    public static string ByKey(JsonArray list, string place)
    {
        var item = int.TryParse(place, NumberStyles.None, CultureInfo.InvariantCulture, out var i) && i < list.Count ? list[i] : null;
        return item.Text("name") is { } name ? $"[name={name}]" : "[KEY=VALUE]";
    }

    // [name=web] or [containerPort="80",protocol=TCP]
    private static PointerStep? Items(string text, ref int at)
    {
        var match = new List<(string, string)>();
        do
        {
            var equals = text.IndexOf('=', ++at);
            if (equals <= at) return null;
            var key = text[at..equals];
            if (key.AsSpan().IndexOfAny("/[],\"") >= 0) return null;
            at = equals + 1;
            var value = new StringBuilder();
            if (at < text.Length && text[at] == '"')
            {
                var end = text.IndexOf('"', at + 1);
                if (end < 0) return null;
                value.Append(text, at + 1, end - at - 1);
                at = end + 1;
            }
            else
            {
                while (at < text.Length && text[at] is not (',' or ']')) value.Append(text[at++]);
            }
            if (value.Length == 0 || at >= text.Length) return null;
            match.Add((key, value.ToString()));
        }
        while (text[at] == ',');
        return text[at++] == ']' ? new("", match) : null;
    }
}
