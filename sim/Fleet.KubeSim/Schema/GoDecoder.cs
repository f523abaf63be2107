using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Fleet.KubeSim.Schema;

/// <summary>
/// Takes an object through the form that a built-in kind has in the real server (a Go struct, stored as protobuf):
/// nulls and empty values vanish or become zero, unknown fields are reported and dropped, quantities and times become
/// canonical, fields come in the declared order.
/// </summary>
public sealed class GoDecoder
{
    private readonly DecodeReport _report;
    private readonly List<string> _path = [];
    private readonly List<string> _goPath = [];
    private string _struct = "";

    private GoDecoder(DecodeReport report)
    {
        _report = report;
    }

    /// <summary>The object in canonical form, of new nodes throughout.</summary>
    public static JsonObject Decode(TypeSchema type, JsonObject value, DecodeReport report) =>
        (JsonObject)new GoDecoder(report).Struct(type, value);

    /// <summary>The zero value of a type, as it is written.</summary>
    public static JsonObject Zero(TypeSchema type) => Decode(type, [], new DecodeReport());

    private JsonNode Struct(TypeSchema type, JsonNode? value)
    {
        if (value is not JsonObject map)
        {
            if (value is not null)
            {
                WrongType(type, value);
            }

            map = [];
        }

        var slots = new Slot[type.Fields.Count];
        var outer = _struct;
        foreach (var (name, node) in map)
        {
            if (type.Field(name) is not { } field)
            {
                _report.AddUnknown(Path(name));
                continue;
            }

            _struct = type.GoName[(type.GoName.LastIndexOf('.') + 1)..];
            _path.Add(_path.Count == 0 ? name : "." + name);
            _goPath.Add(name);
            slots[field.Index] = Value(field, field.Type, node);
            _goPath.RemoveAt(_goPath.Count - 1);
            _path.RemoveAt(_path.Count - 1);
        }

        _struct = outer;
        var result = new JsonObject();
        for (var i = 0; i < slots.Length; i++)
        {
            var field = type.Fields[i];
            var slot = slots[i];
            if (!slot.Present || slot.Node is null)
            {
                slot = ZeroOf(field);
            }

            if (slot.Present)
            {
                result.Add(field.Name, slot.Node);
            }
        }

        return result;
    }

    /// <summary>The value of a field; absent when it is not to be written.</summary>
    private Slot Value(SchemaField field, TypeSchema type, JsonNode? value)
    {
        if (value is null)
        {
            return Slot.Absent;
        }

        if (type.Raw)
        {
            return Slot.Of(value.DeepClone());
        }

        if (type.IsStruct)
        {
            return Slot.Of(Struct(type, value));
        }

        if (type.AllowsMap)
        {
            return Collection(field, Map(type, value));
        }

        if (type.AllowsList)
        {
            return Collection(field, List(type, value));
        }

        var scalar = Scalar(type, value);
        return scalar is null || (!field.Pointer && !field.Always && IsZero(type.Scalar, scalar)) ? Slot.Absent : Slot.Of(scalar);
    }

    /// <summary>Storage forgets the difference between empty and absent; an explicit empty managedFields is a request, though.</summary>
    private static Slot Collection(SchemaField field, JsonNode? collection) =>
        Json.IsNullOrEmpty(collection) && !(field.Name == "managedFields" && collection is JsonArray) ? Slot.Absent : Slot.Of(collection);

    private JsonObject? Map(TypeSchema type, JsonNode value)
    {
        if (value is not JsonObject map)
        {
            WrongType(type, value);
            return null;
        }

        var result = new JsonObject();
        var element = type.MapElement!;
        foreach (var (name, node) in map)
        {
            _path.Add("." + name);
            result.Add(name, Element(element, node));
            _path.RemoveAt(_path.Count - 1);
        }

        return result;
    }

    private JsonArray? List(TypeSchema type, JsonNode value)
    {
        if (value is not JsonArray list)
        {
            WrongType(type, value);
            return null;
        }

        var result = new JsonArray();
        for (var i = 0; i < list.Count; i++)
        {
            _path.Add($"[{i.ToString(CultureInfo.InvariantCulture)}]");
            result.Add(Element(type.ListElement!, list[i]));
            _path.RemoveAt(_path.Count - 1);
        }

        return result;
    }

    private JsonNode? Element(TypeSchema type, JsonNode? value)
    {
        if (type.Raw)
        {
            return value?.DeepClone();
        }

        if (type.IsStruct)
        {
            return Struct(type, value);
        }

        if (value is null)
        {
            return type.AllowsMap || type.AllowsList ? null : ZeroScalar(type.Scalar);
        }

        return type.AllowsMap ? Map(type, value) : type.AllowsList ? List(type, value) : Scalar(type, value) ?? ZeroScalar(type.Scalar);
    }

    private JsonNode? Scalar(TypeSchema type, JsonNode value)
    {
        var shape = Json.ShapeOf(value);
        switch (type.Scalar)
        {
            case ScalarKind.Text or ScalarKind.Duration when shape == JsonShape.Text:
            case ScalarKind.Boolean when shape == JsonShape.Boolean:
            case ScalarKind.IntOrString when shape is JsonShape.Text or JsonShape.Whole:
            case ScalarKind.Float64 when shape is JsonShape.Whole or JsonShape.Fraction:
                return value.DeepClone();
            case ScalarKind.Int32 or ScalarKind.Int64 or ScalarKind.UInt8 when shape is JsonShape.Whole or JsonShape.Fraction:
                if (Json.TryWhole(value, out var whole) && InRange(type.Scalar, whole))
                {
                    return value.DeepClone();
                }

                WrongType(type, value, $"number {value.ToJsonString()}");
                return null;
            case ScalarKind.Quantity when shape is JsonShape.Text or JsonShape.Whole or JsonShape.Fraction:
                if (Quantity.Canonical(Json.TextOf(value) ?? value.ToJsonString()) is { } quantity)
                {
                    return quantity;
                }

                _report.AddTypeError(Quantity.SyntaxError);
                return null;
            case ScalarKind.Time or ScalarKind.MicroTime when shape == JsonShape.Text:
                return Time(type.Scalar, Json.TextOf(value)!);
            case ScalarKind.Bytes when shape == JsonShape.Text:
                return Bytes(Json.TextOf(value)!);
            default:
                WrongType(type, value);
                return null;
        }
    }

    private JsonNode? Time(ScalarKind kind, string text)
    {
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            _report.AddTypeError($"parsing time {GoText.Quote(text)} as \"2006-01-02T15:04:05Z07:00\": cannot parse {GoText.Quote(text)} as \"2006\"");
            return null;
        }

        return time.UtcDateTime.ToString(kind == ScalarKind.Time ? "yyyy-MM-dd'T'HH:mm:ss'Z'" : "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
    }

    private JsonNode? Bytes(string text)
    {
        var clean = text.Replace("\n", "", StringComparison.Ordinal).Replace("\r", "", StringComparison.Ordinal);
        var buffer = new byte[(clean.Length / 4 * 3) + 3];
        if (Convert.TryFromBase64String(clean, buffer, out var length))
        {
            return Convert.ToBase64String(buffer.AsSpan(0, length));
        }

        _report.AddTypeError($"illegal base64 data at input byte {Base64Fault(clean)}");
        return null;
    }

    /// <summary>Where Go's decoder stops: at the first wrong character, else at the start of the last incomplete group of four.</summary>
    private static int Base64Fault(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (!(char.IsAsciiLetterOrDigit(c) || c is '+' or '/') && !(c == '=' && i >= text.Length - 2 && i % 4 >= 2))
            {
                return i;
            }
        }

        return text.Length / 4 * 4;
    }

    private void WrongType(TypeSchema type, JsonNode value, string? what = null)
    {
        what ??= Json.ShapeOf(value) switch
        {
            JsonShape.Text => "string",
            JsonShape.Boolean => "bool",
            JsonShape.List => "array",
            JsonShape.Map => "object",
            _ => "number",
        };
        var into = _goPath.Count == 0 ? "value" : $"struct field {_struct}.{string.Join('.', _goPath)}";
        _report.AddTypeError($"json: cannot unmarshal {what} into Go {into} of type {type.GoName}");
    }

    private string Path(string name)
    {
        var text = new StringBuilder();
        foreach (var part in _path)
        {
            text.Append(part);
        }

        return text.Append(text.Length == 0 ? "" : ".").Append(name).ToString();
    }

    private static bool InRange(ScalarKind kind, long number) => kind switch
    {
        ScalarKind.Int32 => number is >= int.MinValue and <= int.MaxValue,
        ScalarKind.UInt8 => number is >= 0 and <= 255,
        _ => true,
    };

    private static bool IsZero(ScalarKind kind, JsonNode value) => kind switch
    {
        // Structs by value in Go: written whatever they hold.
        ScalarKind.Quantity or ScalarKind.IntOrString or ScalarKind.Time or ScalarKind.MicroTime => false,
        ScalarKind.Boolean => !value.GetValue<bool>(),
        ScalarKind.Text or ScalarKind.Bytes => Json.TextOf(value)!.Length == 0,
        ScalarKind.Int32 or ScalarKind.Int64 or ScalarKind.UInt8 => Json.TryWhole(value, out var number) && number == 0,
        _ => false,
    };

    private static Slot ZeroOf(SchemaField field)
    {
        var type = field.Type;
        var byValue = !field.Pointer && !field.OmitZero
            && (type.IsStruct || type.Scalar is ScalarKind.Quantity or ScalarKind.IntOrString or ScalarKind.Time or ScalarKind.MicroTime);
        if (!field.Always && !byValue && !(type.Raw && !field.Pointer && type.GoName == "runtime.RawExtension"))
        {
            return Slot.Absent;
        }

        return Slot.Of(field.Pointer || type.Raw ? null
            : type.IsStruct ? Zero(type)
            : type.AllowsMap || type.AllowsList ? null
            : ZeroScalar(type.Scalar));
    }

    private static JsonNode? ZeroScalar(ScalarKind kind) => kind switch
    {
        ScalarKind.Text or ScalarKind.Bytes => "",
        ScalarKind.Boolean => false,
        ScalarKind.Int32 or ScalarKind.Int64 or ScalarKind.UInt8 or ScalarKind.Float64 or ScalarKind.IntOrString => 0,
        ScalarKind.Quantity => "0",
        ScalarKind.Duration => "0s",
        _ => null,
    };
}
