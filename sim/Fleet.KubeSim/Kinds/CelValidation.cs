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

    /// <summary>Checks the rules; on an update, a rule that an unchanged value breaks is only warned of.</summary>
    public static void Validate(StructuralSchema schema, JsonObject item, JsonObject? old, Findings errors, List<string> warnings) =>
        new Walker(errors, warnings).Walk(schema, item, old is null ? Slot.Absent : Slot.Of(old), "");

    private sealed class Walker(Findings errors, List<string> warnings)
    {
        public void Walk(StructuralSchema schema, JsonNode? value, Slot old, string path)
        {
            if (value is null)
            {
                return;
            }

            foreach (var rule in schema.Rules)
            {
                Check(schema, rule, value, old, path);
            }

            // Rules within allOf are checked too, and never let pass.
            foreach (var part in schema.AllOf)
            {
                Walk(part, value, old, path);
            }

            switch (value)
            {
                case JsonObject map:
                    foreach (var (name, child) in map)
                    {
                        if (schema.Properties.TryGetValue(name, out var property))
                        {
                            Walk(property, child, Slot.Under(old.Node as JsonObject, name), path.Length == 0 ? name : $"{path}.{name}");
                        }
                        else if (schema.AdditionalProperties is { } additional)
                        {
                            Walk(additional, child, Slot.Under(old.Node as JsonObject, name), $"{path}[{name}]");
                        }
                    }

                    break;
                case JsonArray list when schema.Items is { } items:
                    for (var i = 0; i < list.Count; i++)
                    {
                        Walk(items, list[i], StructuralValidation.Twin(schema, list[i], old.Node as JsonArray), $"{path}[{i.ToString(CultureInfo.InvariantCulture)}]");
                    }

                    break;
                default:
                    break;
            }
        }

        private void Check(StructuralSchema schema, ValidationRule rule, JsonNode value, Slot old, string path)
        {
            var transition = rule.Rule.Contains("oldSelf", StringComparison.Ordinal);
            if (transition && !old.Present && !rule.OptionalOldSelf)
            {
                return;
            }

            var variables = new Dictionary<string, object?>(StringComparer.Ordinal) { ["self"] = CelValues.From(value, schema) };
            if (transition)
            {
                var before = CelValues.From(old.Node, schema);
                variables["oldSelf"] = rule.OptionalOldSelf ? old.Present ? new CelOptional(true, before) : CelOptional.None : before;
            }

            try
            {
                if (new CelEvaluator(variables).Evaluate(CelParser.Parse(rule.Rule)) is true)
                {
                    return;
                }

                var error = Error(rule, value, path, Message(rule, variables));
                if (!transition && old.Present && Json.Equal(value, old.Node))
                {
                    warnings.Add($"{error.Field}: {error.Message}");
                }
                else
                {
                    errors.Add(error);
                }
            }
            catch (CelUnknownException)
            {
                // Not known here, so not checked.
            }
            catch (Exception e) when (e is CelException or OverflowException)
            {
                var text = (rule.Message.Length > 0 ? rule.Message : rule.Rule).Trim();
                var field = path.Length == 0 ? "<nil>" : path;
                errors.Invalid(field, schema.Type, e.Message.StartsWith("no such overload", StringComparison.Ordinal)
                    ? $"'{e.Message}': call arguments did not match a supported operator, function or macro signature for rule: {text}"
                    : $"{e.Message} evaluating rule: {text}");
            }
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
        return rule.Reason switch
        {
            "FieldValueForbidden" => FieldError.Forbidden(field, message),
            "FieldValueRequired" => FieldError.Required(field, message),
            "FieldValueDuplicate" => value is JsonObject or JsonArray ? new FieldError(field, FieldErrorReason.Duplicate, "Duplicate value") : FieldError.Duplicate(field, value),
            
            // Maps and lists are not shown.
            _ when value is JsonObject or JsonArray => new FieldError(field, FieldErrorReason.Invalid, $"Invalid value: {message}"),
            _ => FieldError.Invalid(field, value, message),
        };
    }
}
