using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Fields;

/// <summary>Checks a value against its type as an apply does: undeclared fields, wrong types, duplicate list keys.</summary>
internal static class TypedValidation
{
    /// <summary>The errors as path and message, joined as the server joins them; null when there are none.</summary>
    public static string? Check(TypeSchema type, JsonNode? value, bool allowDuplicates)
    {
        var errors = new List<string>();
        Walk(type, value, "", allowDuplicates, errors);
        return errors.Count switch
        {
            0 => null,
            1 => errors[0],
            _ => "errors:\n  " + string.Join("\n  ", errors),
        };
    }

    private static void Walk(TypeSchema type, JsonNode? value, string path, bool allowDuplicates, List<string> errors)
    {
        var form = TypedWalk.FormOf(type, Slot.Of(value));
        switch (form == Form.Open ? TypedWalk.First(type) : form)
        {
            case Form.Map:
                Map(type, value, path, allowDuplicates, errors);
                break;
            case Form.List:
                List(type, value, path, allowDuplicates, errors);
                break;
            default:
                if (ScalarError(type.Scalar, value) is { } error)
                {
                    Add(errors, path, error);
                }

                break;
        }
    }

    private static string? ScalarError(ScalarKind kind, JsonNode? value)
    {
        var shape = Json.ShapeOf(value);
        if (shape == JsonShape.Null)
        {
            return null;
        }

        switch (kind)
        {
            case ScalarKind.Numeric or ScalarKind.Int32 or ScalarKind.Int64 or ScalarKind.UInt8 or ScalarKind.Float64:
                return shape is JsonShape.Whole or JsonShape.Fraction ? null : $"expected numeric (int or float), got {GoText.TypeName(value)}";
            case ScalarKind.Text or ScalarKind.Bytes or ScalarKind.Duration:
                return shape == JsonShape.Text ? null : $"expected string, got &value.valueUnstructured{{Value:{GoText.Syntax(value)}}}";
            case ScalarKind.Boolean:
                return shape == JsonShape.Boolean ? null : $"expected boolean, got &{{{GoText.Plain(value)}}}";
            default:
                return shape is JsonShape.List or JsonShape.Map ? $"expected any scalar, got &{{{GoText.Plain(value)}}}" : null;
        }
    }

    private static void Map(TypeSchema type, JsonNode? value, string path, bool allowDuplicates, List<string> errors)
    {
        if (value is null)
        {
            return;
        }

        if (value is not JsonObject map)
        {
            Add(errors, path, $"expected map, got &{{{GoText.Plain(value)}}}");
            return;
        }

        string? undeclared = null;
        foreach (var (name, child) in map)
        {
            if (type.Under(name) is { } below)
            {
                if (!ReferenceEquals(below, TypeSchema.Any) && !ReferenceEquals(below, TypeSchema.AnyAtomic))
                {
                    Walk(below, child, $"{path}.{name}", allowDuplicates, errors);
                }
            }
            else if (undeclared is null || string.CompareOrdinal(name, undeclared) < 0)
            {
                undeclared = name;
            }
        }

        // The server stops at a map's first undeclared field (and meets them in no fixed order).
        if (undeclared is not null)
        {
            errors.Add($"{path}.{undeclared}: field not declared in schema");
        }
    }

    private static void List(TypeSchema type, JsonNode? value, string path, bool allowDuplicates, List<string> errors)
    {
        if (value is null)
        {
            return;
        }

        if (value is not JsonArray list)
        {
            Add(errors, path, $"expected list, got &{{{GoText.Plain(value)}}}");
            return;
        }

        var seen = new HashSet<PathElement>();
        for (var i = 0; i < list.Count; i++)
        {
            PathElement? step;
            if (type.ListRule == ListRule.Atomic)
            {
                step = PathElement.OfIndex(i);
            }
            else
            {
                step = TypedWalk.StepTo(type, list[i], out var error);
                if (step is null)
                {
                    Add(errors, path, $"element {i}: {error}");
                    return;
                }

                if (!seen.Add(step) && !allowDuplicates)
                {
                    Add(errors, path, $"duplicate entries for key {step}");
                }
            }

            if (type.ListElement is { } element)
            {
                Walk(element, list[i], path + step, allowDuplicates, errors);
            }
        }
    }

    private static void Add(List<string> errors, string path, string message) =>
        errors.Add(path.Length == 0 ? message : $"{path}: {message}");
}
