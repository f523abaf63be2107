using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds;

/// <summary>Validates a custom resource against its schema, in the words of the server's OpenAPI validator.</summary>
internal static class StructuralValidation
{
    private static readonly TimeSpan PatternLimit = TimeSpan.FromMilliseconds(200);

    public static void Validate(StructuralSchema schema, JsonObject item, Findings errors)
    {
        foreach (var required in schema.Required.Where(r => !item.ContainsKey(r)))
        {
            errors.Required(required);
        }

        foreach (var (name, property) in schema.Properties.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            if (name is not ("apiVersion" or "kind" or "metadata") && item.TryGetPropertyValue(name, out var value))
            {
                Value(property, value, name, errors);
            }
        }

        Combinations(schema, item, "", errors);
    }

    private static void Value(StructuralSchema schema, JsonNode? value, string path, Findings errors)
    {
        if (value is null && schema.Nullable)
        {
            return;
        }

        if (!TypeFits(schema, value))
        {
            var actual = TypeName(value);
            errors.Add(FieldError.TypeInvalid(path, actual, $"{path} in body must be of type {(schema.IntOrString ? "integer,string" : schema.Type)}: {GoText.Quote(actual)}"));
            return;
        }

        if (schema.Enum is { } allowed && !allowed.Any(a => Json.Equal(a, value)))
        {
            errors.Add(FieldError.NotSupported(path, value?.DeepClone(), [.. allowed.Select(a => Json.TextOf(a) ?? Json.Encode(a))]));
        }

        switch (value)
        {
            case JsonObject map:
                Map(schema, map, path, errors);
                break;
            case JsonArray list:
                List(schema, list, path, errors);
                break;
            case JsonValue when Json.TextOf(value) is { } text:
                Text(schema, text, path, errors);
                break;
            case JsonValue when Json.ShapeOf(value) is JsonShape.Whole or JsonShape.Fraction:
                Number(schema, value, path, errors);
                break;
            default:
                break;
        }

        Combinations(schema, value, path, errors);
    }

    private static void Map(StructuralSchema schema, JsonObject map, string path, Findings errors)
    {
        if (schema.MinProperties > map.Count)
        {
            errors.Invalid(path, map.DeepClone(), $"{path} in body should have at least {schema.MinProperties} properties");
        }

        if (schema.MaxProperties < map.Count)
        {
            errors.Add(FieldError.TooMany(path, map.Count, (int)schema.MaxProperties.Value));
        }

        foreach (var required in schema.Required.Where(r => !map.ContainsKey(r)))
        {
            errors.Required($"{path}.{required}");
        }

        foreach (var (name, child) in map.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            if (schema.Under(name) is { } below)
            {
                Value(below, child, $"{path}.{name}", errors);
            }
        }
    }

    private static void List(StructuralSchema schema, JsonArray list, string path, Findings errors)
    {
        if (schema.MinItems > list.Count)
        {
            errors.Invalid(path, list.Count, $"{path} in body should have at least {schema.MinItems} items");
        }

        if (schema.MaxItems < list.Count)
        {
            errors.Add(FieldError.TooMany(path, list.Count, (int)schema.MaxItems.Value));
        }

        var keys = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < list.Count; i++)
        {
            var at = $"{path}[{i.ToString(CultureInfo.InvariantCulture)}]";
            if (schema.Items is { } items)
            {
                Value(items, list[i], at, errors);
            }

            // Sets and maps may hold an element once.
            var key = schema.ListType switch
            {
                "set" => list[i]?.DeepClone(),
                "map" when list[i] is JsonObject element => new JsonObject(schema.ListMapKeys.Where(element.ContainsKey)
                    .Select(k => new KeyValuePair<string, JsonNode?>(k, element[k]?.DeepClone()))),
                _ => null,
            };
            if (key is not null && !keys.Add(Json.Encode(key)))
            {
                errors.Add(FieldError.Duplicate(at, key));
            }
        }
    }

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
        if (schema.Maximum is { } most && (schema.ExclusiveMaximum ? number >= most : number > most))
        {
            errors.Invalid(path, value.DeepClone(), $"{path} in body should be less than{(schema.ExclusiveMaximum ? "" : " or equal to")} {GoText.Fraction(most)}");
        }

        if (schema.Minimum is { } least && (schema.ExclusiveMinimum ? number <= least : number < least))
        {
            errors.Invalid(path, value.DeepClone(), $"{path} in body should be greater than{(schema.ExclusiveMinimum ? "" : " or equal to")} {GoText.Fraction(least)}");
        }

        if (schema.MultipleOf is { } factor && Math.Abs(Math.IEEERemainder(number, factor)) > 1e-9)
        {
            errors.Invalid(path, value.DeepClone(), $"{path} in body should be a multiple of {GoText.Fraction(factor)}");
        }
    }

    private static void Combinations(StructuralSchema schema, JsonNode? value, string path, Findings errors)
    {
        foreach (var each in schema.AllOf)
        {
            Value(each, value, path, errors);
        }

        bool Valid(StructuralSchema branch)
        {
            var attempt = new Findings();
            Value(branch, value, path, attempt);
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

/// <summary>The string formats that the server checks; all others pass.</summary>
internal static partial class StructuralFormats
{
    public static bool Fits(string format, string text) => format switch
    {
        "date-time" or "datetime" => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _) && text.Contains('T', StringComparison.OrdinalIgnoreCase),
        "date" => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        "byte" => Convert.TryFromBase64String(text, new byte[(text.Length / 4 * 3) + 3], out _),
        "ipv4" => System.Net.IPAddress.TryParse(text, out var four) && four.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork && text.Count(c => c == '.') == 3,
        "ipv6" => System.Net.IPAddress.TryParse(text, out var six) && six.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6,
        "cidr" => System.Net.IPNetwork.TryParse(text, out _),
        "uuid" or "uuid3" or "uuid4" or "uuid5" => Guid.TryParse(text, out _),
        "email" => text.IndexOf('@', StringComparison.Ordinal) is > 0 and var at && at < text.Length - 1,
        "hostname" => Names.Subdomain(text.ToLowerInvariant()).Count == 0,
        "uri" => Uri.TryCreate(text, UriKind.Absolute, out _) || text.StartsWith('/'),
        "duration" => DurationPattern().IsMatch(text),
        _ => true,
    };

    [GeneratedRegex("^[-+]?(([0-9]*\\.?[0-9]+|[0-9]+\\.)(ns|us|µs|ms|s|m|h|d|w))+\\z|^0\\z", RegexOptions.CultureInvariant)]
    private static partial Regex DurationPattern();
}
