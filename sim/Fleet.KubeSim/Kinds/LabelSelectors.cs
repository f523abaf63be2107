using System.Text.Json.Nodes;
using Fleet.KubeSim.Kinds.Rules;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds;

/// <summary>Label selectors, after apis/meta/v1/validation of apimachinery.</summary>
internal static class LabelSelectors
{
    public static void Validate(JsonObject? selector, string field, Findings errors)
    {
        if (selector is null)
        {
            return;
        }

        Metadata.Labels(selector.Map("matchLabels"), $"{field}.matchLabels", errors);
        var i = 0;
        foreach (var expression in selector.Each("matchExpressions"))
        {
            var at = $"{field}.matchExpressions[{i++}]";
            Operator(expression, at, errors);
            errors.Check($"{at}.key", expression.Text("key") ?? "", Names.QualifiedName);
            Values(expression, at, errors);
        }
    }

    public static bool IsEmpty(JsonObject? selector) =>
        selector.Map("matchLabels") is not { Count: > 0 } && selector.List("matchExpressions") is not { Count: > 0 };

    public static void Values(JsonObject expression, string field, Findings errors)
    {
        var values = expression.List("values") ?? [];
        for (var i = 0; i < values.Count; i++)
        {
            errors.Check($"{field}.values[{i}]", Json.TextOf(values[i]) ?? "", Names.LabelValue);
        }
    }

    /// <summary>Whether a label selector selects an object with these labels.</summary>
    public static bool Selects(JsonObject selector, JsonObject? labels)
    {
        foreach (var (key, value) in selector.Map("matchLabels") ?? [])
        {
            if (labels.Text(key) is not { } label || label != Json.TextOf(value))
            {
                return false;
            }
        }

        return selector.Each("matchExpressions").All(e =>
        {
            var label = labels.Text(e.Text("key") ?? "");
            var listed = label is not null && (e.List("values")?.Any(v => Json.TextOf(v) == label) ?? false);
            return e.Text("operator") switch
            {
                "In" => listed,
                "NotIn" => !listed,
                "Exists" => label is not null,
                "DoesNotExist" => label is null,
                _ => false,
            };
        });
    }

    private static void Operator(JsonObject expression, string field, Findings errors)
    {
        var values = expression.List("values")?.Count ?? 0;
        switch (expression.Text("operator"))
        {
            case "In" or "NotIn":
                if (values == 0)
                {
                    errors.Required($"{field}.values", "must be specified when `operator` is 'In' or 'NotIn'");
                }

                break;
            case "Exists" or "DoesNotExist":
                if (values > 0)
                {
                    errors.Forbidden($"{field}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
                }

                break;
            default:
                errors.Invalid($"{field}.operator", expression.Text("operator") ?? "", "not a valid selector operator");
                break;
        }
    }
}
