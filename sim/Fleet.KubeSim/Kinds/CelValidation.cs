using System.Globalization;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Schema.Cel;

namespace Fleet.KubeSim.Kinds;

/// <summary>
/// Checks a custom resource by its x-kubernetes-validations. A rule that uses what this evaluator does not know is left
/// unchecked: better to accept than to refuse what the server takes.
/// </summary>
internal static class CelValidation
{
    public static bool HasRules(StructuralSchema schema) =>
        schema.Rules.Count > 0 || schema.Properties.Values.Any(HasRules)
        || (schema.AdditionalProperties is { } additional && HasRules(additional)) || (schema.Items is { } items && HasRules(items));

    public static void Validate(StructuralSchema schema, JsonObject item, JsonObject? old, Findings errors) =>
        Walk(schema, item, old is null ? Slot.Absent : Slot.Of(old), "", errors);

    private static void Walk(StructuralSchema schema, JsonNode? value, Slot old, string path, Findings errors)
    {
        if (value is null)
        {
            return;
        }

        foreach (var rule in schema.Rules)
        {
            Check(rule, value, old, path, errors);
        }

        switch (value)
        {
            case JsonObject map:
                foreach (var (name, child) in map)
                {
                    if (schema.Under(name) is { } below)
                    {
                        Walk(below, child, Slot.Under(old.Node as JsonObject, name), path.Length == 0 ? name : $"{path}.{name}", errors);
                    }
                }

                break;
            case JsonArray list when schema.Items is { } items:
                for (var i = 0; i < list.Count; i++)
                {
                    Walk(items, list[i], Twin(schema, list[i], old.Node as JsonArray), $"{path}[{i.ToString(CultureInfo.InvariantCulture)}]", errors);
                }

                break;
            default:
                break;
        }
    }

    /// <summary>Only elements of map lists can be told again in the old object.</summary>
    private static Slot Twin(StructuralSchema list, JsonNode? item, JsonArray? old)
    {
        if (list.ListType != "map" || item is not JsonObject element)
        {
            return Slot.Absent;
        }

        var twin = old?.OfType<JsonObject>().FirstOrDefault(o => list.ListMapKeys.All(k => Json.Equal(o[k], element[k])));
        return twin is null ? Slot.Absent : Slot.Of(twin);
    }

    private static void Check(ValidationRule rule, JsonNode value, Slot old, string path, Findings errors)
    {
        var transition = rule.Rule.Contains("oldSelf", StringComparison.Ordinal);
        if (transition && !old.Present && !rule.OptionalOldSelf)
        {
            return;
        }

        var variables = new Dictionary<string, object?>(StringComparer.Ordinal) { ["self"] = CelValues.From(value) };
        if (transition)
        {
            var before = CelValues.From(old.Node);
            variables["oldSelf"] = rule.OptionalOldSelf ? old.Present ? new CelOptional(true, before) : CelOptional.None : before;
        }

        try
        {
            if (new CelEvaluator(variables).Evaluate(CelParser.Parse(rule.Rule)) is not true)
            {
                errors.Add(Error(rule, value, path, Message(rule, variables)));
            }
        }
        catch (CelUnknownException)
        {
            // Not known here, so not checked.
        }
        catch (Exception e) when (e is CelException or OverflowException)
        {
            errors.Add(Error(rule, value, path, $"{e.Message} evaluating rule: {(rule.Message.Length > 0 ? rule.Message : rule.Rule)}"));
        }
    }

    private static string Message(ValidationRule rule, Dictionary<string, object?> variables)
    {
        if (rule.MessageExpression.Length > 0)
        {
            try
            {
                if (new CelEvaluator(variables).Evaluate(CelParser.Parse(rule.MessageExpression)) is string { Length: > 0 } text && !text.Contains('\n', StringComparison.Ordinal))
                {
                    return text;
                }
            }
            catch (Exception e) when (e is CelException or CelUnknownException)
            {
                // Then the fixed message.
            }
        }

        return rule.Message.Length > 0 ? rule.Message.Trim() : $"failed rule: {rule.Rule.Trim()}";
    }

    private static FieldError Error(ValidationRule rule, JsonNode value, string path, string message)
    {
        var field = (path + rule.FieldPath).TrimStart('.');
        field = field.Length == 0 ? "<nil>" : field;
        var shown = value switch
        {
            JsonObject => "object",
            JsonArray => "array",
            _ => value.DeepClone(),
        };
        return rule.Reason switch
        {
            "FieldValueForbidden" => FieldError.Forbidden(field, message),
            "FieldValueRequired" => FieldError.Required(field, message),
            "FieldValueDuplicate" => FieldError.Duplicate(field, shown),
            _ => FieldError.Invalid(field, shown, message),
        };
    }
}
