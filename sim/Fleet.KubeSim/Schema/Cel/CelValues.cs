using System.Globalization;
using System.Text.Json.Nodes;

namespace Fleet.KubeSim.Schema.Cel;

/// <summary>A value that may be absent: what .? and [?] give.</summary>
internal sealed record CelOptional(bool Present, object? Value)
{
    public static CelOptional None { get; } = new(false, null);
}

/// <summary>CEL's values as plain ones: null, bool, long, double, string, TimeSpan, DateTimeOffset, lists and maps by text.</summary>
internal static class CelValues
{
    /// <summary>A value of a schema: texts of times and durations are what they mean, numbers are no integers.</summary>
    public static object? From(JsonNode? node, StructuralSchema schema) => node switch
    {
        JsonObject map => map.ToDictionary(p => p.Key, p => schema.Under(p.Key) is { } child ? From(p.Value, child) : From(p.Value), StringComparer.Ordinal),
        JsonArray list when schema.Items is { } items => list.Select(i => From(i, items)).ToList(),
        JsonValue when Json.TextOf(node) is { } text => schema.Format switch
        {
            "date-time" when DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) => time,
            "date" when DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var day) => day,
            "duration" when CelFunctions.TryDuration(text, out var duration) => duration,
            _ => text,
        },
        JsonValue when schema.Type == "number" && Json.ShapeOf(node) is JsonShape.Whole or JsonShape.Fraction => Json.Number(node),
        _ => From(node),
    };

    public static object? From(JsonNode? node) => node switch
    {
        null => null,
        JsonObject map => map.ToDictionary(p => p.Key, p => From(p.Value), StringComparer.Ordinal),
        JsonArray list => list.Select(From).ToList(),
        _ => Json.ShapeOf(node) switch
        {
            JsonShape.Text => Json.TextOf(node),
            JsonShape.Boolean => node.GetValue<bool>(),
            JsonShape.Whole => Json.TryWhole(node, out var whole) ? whole : 0L,
            _ => Json.Number(node),
        },
    };

    public static bool Same(object? a, object? b) => (a, b) switch
    {
        (null, null) => true,
        (long x, double y) => y.Equals(x),
        (double x, long y) => x.Equals(y),
        (List<object?> x, List<object?> y) => x.Count == y.Count && x.Zip(y).All(p => Same(p.First, p.Second)),
        (Dictionary<string, object?> x, Dictionary<string, object?> y) =>
            x.Count == y.Count && x.All(p => y.TryGetValue(p.Key, out var other) && Same(p.Value, other)),
        (CelOptional x, CelOptional y) => x.Present == y.Present && Same(x.Value, y.Value),
        _ => Equals(a, b),
    };

    public static int Compare(object? a, object? b) => (a, b) switch
    {
        (long x, long y) => x.CompareTo(y),
        (double x, double y) => x.CompareTo(y),
        (long x, double y) => ((double)x).CompareTo(y),
        (double x, long y) => x.CompareTo((double)y),
        (string x, string y) => string.CompareOrdinal(x, y),
        (bool x, bool y) => x.CompareTo(y),
        (TimeSpan x, TimeSpan y) => x.CompareTo(y),
        (DateTimeOffset x, DateTimeOffset y) => x.CompareTo(y),
        _ => throw new CelException("no such overload"),
    };

    public static string Text(object? value) => value switch
    {
        string text => text,
        bool flag => flag ? "true" : "false",
        null => "null",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => throw new CelException("no such overload"),
    };
}
