using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds;

/// <summary>Validates a custom resource against its schema, in the words of the server's OpenAPI validator.</summary>
internal static class StructuralValidation
{
    private static readonly TimeSpan PatternLimit = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// Validates a part of a resource (the whole, or its status) whose paths start with a prefix that messages leave out.
    /// On an update, what did not change is not judged again.
    /// </summary>
    public static void Validate(StructuralSchema schema, JsonNode? value, Slot old, string prefix, Findings errors)
    {
        var found = new Findings();
        Value(schema, value, old, "", found);
        foreach (var error in found.Errors)
        {
            errors.Add(prefix.Length == 0 ? error : error with { Field = error.Field.Length == 0 ? prefix : $"{prefix}.{error.Field}" });
        }
    }

    private static void Value(StructuralSchema schema, JsonNode? value, Slot old, string path, Findings errors)
    {
        if ((value is null && schema.Nullable) || (old.Present && Json.Equal(value, old.Node)))
        {
            return;
        }

        if (!TypeFits(schema, value))
        {
            var actual = TypeName(value);
            errors.Add(FieldError.TypeInvalid(path, actual, $"{path} in body must be of type {(schema.IntOrString ? "integer,string" : schema.Type)}: {GoText.Quote(actual)}"));
            Allowed(schema, value, path, errors);
            return;
        }

        Combinations(schema, value, path, errors);
        switch (value)
        {
            case JsonValue when Json.TextOf(value) is { } text:
                Text(schema, text, path, errors);
                break;
            case JsonValue when Json.ShapeOf(value) is JsonShape.Whole or JsonShape.Fraction:
                Number(schema, value, path, errors);
                break;
            case JsonArray list:
                List(schema, list, old.Node as JsonArray, path, errors);
                break;
            default:
                break;
        }

        Allowed(schema, value, path, errors);
        if (value is JsonObject map)
        {
            Map(schema, map, old.Node as JsonObject, path, errors);
        }
    }

    private static void Allowed(StructuralSchema schema, JsonNode? value, string path, Findings errors)
    {
        if (schema.Enum is { } allowed && !allowed.Any(a => Json.Equal(a, value)))
        {
            errors.Add(FieldError.NotSupported(path, value, [.. allowed.Select(a => Json.TextOf(a) ?? Json.Encode(a))]));
        }
    }

    private static void Map(StructuralSchema schema, JsonObject map, JsonObject? old, string path, Findings errors)
    {
        if (schema.MinProperties > map.Count)
        {
            errors.Invalid(path, map.Count, $"{path} in body should have at least {schema.MinProperties} properties");
        }

        if (schema.MaxProperties < map.Count)
        {
            errors.Add(FieldError.TooMany(path, map.Count, (int)schema.MaxProperties.Value));
        }

        foreach (var required in schema.Required.Where(r => !map.ContainsKey(r)))
        {
            errors.Required(Join(path, required));
        }

        foreach (var (name, child) in map.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            if (schema.Under(name) is { } below)
            {
                Value(below, child, Slot.Under(old, name), Join(path, name), errors);
            }
        }
    }

    private static void List(StructuralSchema schema, JsonArray list, JsonArray? old, string path, Findings errors)
    {
        for (var i = 0; schema.Items is { } items && i < list.Count; i++)
        {
            Value(items, list[i], Twin(schema, list[i], old), $"{path}[{i.ToString(CultureInfo.InvariantCulture)}]", errors);
        }

        if (schema.MinItems > list.Count)
        {
            errors.Invalid(path, list.Count, $"{path} in body should have at least {schema.MinItems} items");
        }

        if (schema.MaxItems < list.Count)
        {
            errors.Add(FieldError.TooMany(path, list.Count, (int)schema.MaxItems.Value));
        }
    }

    /// <summary>Only elements of map lists can be told again in the old object.</summary>
    public static Slot Twin(StructuralSchema list, JsonNode? item, JsonArray? old)
    {
        if (list.ListType != "map" || item is not JsonObject element)
        {
            return Slot.Absent;
        }

        var twin = old?.OfType<JsonObject>().FirstOrDefault(o => list.ListMapKeys.All(k => Json.Equal(o[k], element[k])));
        return twin is null ? Slot.Absent : Slot.Of(twin);
    }

    private static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static void Text(StructuralSchema schema, string text, string path, Findings errors)
    {
        var length = text.EnumerateRunes().Count();
        if (schema.MaxLength < length)
        {
            errors.Add(FieldError.TooLong(path, (int)schema.MaxLength.Value));
        }

        if (schema.MinLength > length)
        {
            errors.Invalid(path, text, $"{path} in body should be at least {schema.MinLength} chars long");
        }

        if (schema.Pattern is { } pattern && !Matches(pattern, text))
        {
            errors.Invalid(path, text, $"{path} in body should match '{pattern}'");
        }

        if (!StructuralFormats.Fits(schema.Format, text))
        {
            errors.Add(FieldError.Invalid(path, text, $"{path} in body must be of type {schema.Format}: {GoText.Quote(text)}"));
        }
    }

    private static void Number(StructuralSchema schema, JsonNode value, string path, Findings errors)
    {
        var number = Json.Number(value);
        if (schema.MultipleOf is { } factor && Math.Abs(Math.IEEERemainder(number, factor)) > 1e-9)
        {
            errors.Invalid(path, value.DeepClone(), $"{path} in body should be a multiple of {GoText.Fraction(factor)}");
        }

        if (schema.Maximum is { } most && (schema.ExclusiveMaximum ? number >= most : number > most))
        {
            errors.Invalid(path, value.DeepClone(), $"{path} in body should be less than{(schema.ExclusiveMaximum ? "" : " or equal to")} {GoText.Fraction(most)}");
        }

        if (schema.Minimum is { } least && (schema.ExclusiveMinimum ? number <= least : number < least))
        {
            errors.Invalid(path, value.DeepClone(), $"{path} in body should be greater than{(schema.ExclusiveMinimum ? "" : " or equal to")} {GoText.Fraction(least)}");
        }
    }

    private static void Combinations(StructuralSchema schema, JsonNode? value, string path, Findings errors)
    {
        foreach (var each in schema.AllOf)
        {
            Value(each, value, Slot.Absent, path, errors);
        }

        bool Valid(StructuralSchema branch)
        {
            var attempt = new Findings();
            Value(branch, value, Slot.Absent, path, attempt);
            return attempt.Errors.Count == 0;
        }

        var place = path.Length == 0 ? "<nil>" : path;
        if (schema.AnyOf.Count > 0 && !schema.AnyOf.Any(Valid))
        {
            errors.Invalid(place, value?.DeepClone(), $"{place} in body must validate at least one schema (anyOf)");
        }

        if (schema.OneOf.Count > 0 && schema.OneOf.Count(Valid) is var count && count != 1)
        {
            errors.Invalid(place, value?.DeepClone(), $"{place} in body must validate one and only one schema (oneOf). {(count == 0 ? "Found none valid" : $"Found {count} valid alternatives")}");
        }

        if (schema.Not is { } not && Valid(not))
        {
            errors.Invalid(place, value?.DeepClone(), $"{place} in body must not validate the schema (not)");
        }
    }

    private static bool TypeFits(StructuralSchema schema, JsonNode? value)
    {
        var shape = Json.ShapeOf(value);
        if (schema.IntOrString)
        {
            return shape is JsonShape.Whole or JsonShape.Text;
        }

        return schema.Type switch
        {
            "object" => shape == JsonShape.Map,
            "array" => shape == JsonShape.List,
            "string" => shape == JsonShape.Text,
            "integer" => shape == JsonShape.Whole || (shape == JsonShape.Fraction && Math.Floor(Json.Number(value!)).Equals(Json.Number(value!))),
            "number" => shape is JsonShape.Whole or JsonShape.Fraction,
            "boolean" => shape == JsonShape.Boolean,
            _ => true,
        };
    }

    private static string TypeName(JsonNode? value) => Json.ShapeOf(value) switch
    {
        JsonShape.Text => "string",
        JsonShape.Boolean => "boolean",
        JsonShape.Whole => "integer",
        JsonShape.Fraction => "number",
        JsonShape.List => "array",
        JsonShape.Map => "object",
        _ => "null",
    };

    private static bool Matches(string pattern, string text)
    {
        try
        {
            return Regex.IsMatch(text, pattern, RegexOptions.CultureInvariant, PatternLimit);
        }
        catch (Exception e) when (e is ArgumentException or RegexMatchTimeoutException)
        {
            // A pattern of Go's that .NET does not know: better to accept than to refuse what the server takes.
            return true;
        }
    }
}
