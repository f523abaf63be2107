using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Fields;

/// <summary>What a step of a field path names.</summary>
public enum PathElementKind
{
    Field,
    Key,
    Value,
    Index,
}

/// <summary>
/// One step of a field path, as FieldsV1 writes it: f:name, k:{"name":"c"}, v:"x" or i:0.
/// Two are equal when their canonical text is.
/// </summary>
public sealed class PathElement : IComparable<PathElement>, IEquatable<PathElement>
{
    private readonly IReadOnlyList<KeyValuePair<string, JsonNode?>> _keys;

    private PathElement(PathElementKind kind, string text, IReadOnlyList<KeyValuePair<string, JsonNode?>> keys)
    {
        Kind = kind;
        Text = text;
        _keys = keys;
    }

    public PathElementKind Kind { get; }

    /// <summary>The field name, the canonical JSON of the key or value, or the index in digits.</summary>
    public string Text { get; }

    public static PathElement OfField(string name) => new(PathElementKind.Field, name, []);

    /// <summary>An element of an associative list, named by its keys (any order).</summary>
    public static PathElement OfKey(IEnumerable<KeyValuePair<string, JsonNode?>> keys)
    {
        var sorted = keys.OrderBy(k => k.Key, StringComparer.Ordinal).ToArray();
        var text = new StringBuilder("{");
        foreach (var (name, value) in sorted)
        {
            if (text.Length > 1)
            {
                text.Append(',');
            }

            Json.Write(JsonValue.Create(name), text);
            text.Append(':');
            Json.Write(value, text);
        }

        return new PathElement(PathElementKind.Key, text.Append('}').ToString(), sorted);
    }

    public static PathElement OfValue(JsonNode? value) =>
        new(PathElementKind.Value, Json.Encode(value), [new KeyValuePair<string, JsonNode?>("", value)]);

    public static PathElement OfIndex(int index) => new(PathElementKind.Index, index.ToString(CultureInfo.InvariantCulture), []);

    /// <summary>Reads a FieldsV1 key. False for a malformed one; an unknown kind gives true and null, and is left out.</summary>
    public static bool TryParse(string text, out PathElement? element)
    {
        element = null;
        if (text.Length < 2 || text[1] != ':')
        {
            return false;
        }

        var content = text[2..];
        try
        {
            element = text[0] switch
            {
                'f' => OfField(content),
                'k' when JsonNode.Parse(content) is JsonObject keys => OfKey(keys),
                'v' => OfValue(JsonNode.Parse(content)),
                'i' => OfIndex(int.Parse(content, CultureInfo.InvariantCulture)),
                _ => null,
            };
            return element is not null || text[0] is not ('k' or 'f' or 'v' or 'i');
        }
        catch (Exception e) when (e is JsonException or FormatException or OverflowException)
        {
            return false;
        }
    }

    /// <summary>The FieldsV1 form.</summary>
    public string Serialized() => Kind switch
    {
        PathElementKind.Field => "f:" + Text,
        PathElementKind.Key => "k:" + Text,
        PathElementKind.Value => "v:" + Text,
        _ => "i:" + Text,
    };

    public int CompareTo(PathElement? other)
    {
        if (other is null)
        {
            return 1;
        }

        if (Kind != other.Kind)
        {
            return Kind.CompareTo(other.Kind);
        }

        switch (Kind)
        {
            case PathElementKind.Field:
                return string.CompareOrdinal(Text, other.Text);
            case PathElementKind.Index:
                return Text.Length != other.Text.Length ? Text.Length.CompareTo(other.Text.Length) : string.CompareOrdinal(Text, other.Text);
            default:
                for (var i = 0; i < _keys.Count && i < other._keys.Count; i++)
                {
                    var byName = string.CompareOrdinal(_keys[i].Key, other._keys[i].Key);
                    var order = byName != 0 ? byName : CompareScalars(_keys[i].Value, other._keys[i].Value);
                    if (order != 0)
                    {
                        return order;
                    }
                }

                return _keys.Count.CompareTo(other._keys.Count);
        }
    }

    public bool Equals(PathElement? other) =>
        other is not null && Kind == other.Kind && string.Equals(Text, other.Text, StringComparison.Ordinal);

    public override bool Equals(object? obj) => Equals(obj as PathElement);

    public override int GetHashCode() => HashCode.Combine(Kind, Text);

    /// <summary>The form of error messages: .name, [name="c",port=80], [="x"], [0].</summary>
    public override string ToString() => Kind switch
    {
        PathElementKind.Field => "." + Text,
        PathElementKind.Key => $"[{string.Join(',', _keys.Select(k => $"{k.Key}={GoText.Quoted(k.Value)}"))}]",
        PathElementKind.Value => $"[={GoText.Quoted(_keys[0].Value)}]",
        _ => $"[{Text}]",
    };

    /// <summary>Numbers before texts before flags, each by value.</summary>
    private static int CompareScalars(JsonNode? a, JsonNode? b)
    {
        static int Rank(JsonShape shape) => shape switch
        {
            JsonShape.Whole or JsonShape.Fraction => 0,
            JsonShape.Text => 1,
            JsonShape.Boolean => 2,
            _ => 3,
        };
        var (left, right) = (Json.ShapeOf(a), Json.ShapeOf(b));
        if (Rank(left) != Rank(right))
        {
            return Rank(left).CompareTo(Rank(right));
        }

        return Rank(left) switch
        {
            0 => Json.Number(a!).CompareTo(Json.Number(b!)),
            1 => string.CompareOrdinal(Json.TextOf(a), Json.TextOf(b)),
            _ => string.CompareOrdinal(Json.Encode(a), Json.Encode(b)),
        };
    }
}
