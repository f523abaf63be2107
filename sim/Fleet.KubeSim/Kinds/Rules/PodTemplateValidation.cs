using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>What workloads have in common: a selector, and a template that it selects, after apis/apps/validation/validation.go.</summary>
internal static class PodTemplateValidation
{
    /// <summary>A selector that must select something; words say for what an empty one is no good.</summary>
    public static void Selector(JsonObject spec, string empty, Findings errors)
    {
        if (spec.Map("selector") is not { } selector)
        {
            errors.Required("spec.selector");
            return;
        }

        LabelSelectors.Validate(selector, "spec.selector", errors);
        if (LabelSelectors.IsEmpty(selector))
        {
            errors.Invalid("spec.selector", selector, empty);
        }
    }

    /// <summary>Whether the selector can be read; the server answers an unreadable one with an error of its own.</summary>
    public static bool Readable(JsonObject? selector) =>
        (selector.Map("matchLabels") ?? []).All(p => Names.QualifiedName(p.Key).Count == 0 && Names.LabelValue(Json.TextOf(p.Value) ?? "").Count == 0)
        && selector.Each("matchExpressions").All(e => Names.QualifiedName(e.Text("key") ?? "").Count == 0 && e.Text("operator") switch
        {
            "In" or "NotIn" => e.List("values") is { Count: > 0 } && e.List("values")!.All(v => Names.LabelValue(Json.TextOf(v) ?? "").Count == 0),
            "Exists" or "DoesNotExist" => e.List("values") is not { Count: > 0 },
            _ => false,
        });

    /// <summary>The template's labels must be what the selector selects.</summary>
    public static void Matches(JsonObject? selector, JsonObject? template, string field, Findings errors)
    {
        // No selector selects nothing; an empty one is not compared.
        var labels = template.Map("metadata").Map("labels");
        if (selector is null || (!LabelSelectors.IsEmpty(selector) && !LabelSelectors.Selects(selector, labels)))
        {
            errors.Invalid($"{field}.metadata.labels", labels, "`selector` does not match template `labels`");
        }
    }

    /// <summary>Workloads that keep pods running take no other restart policy, and no deadline.</summary>
    public static void KeepsRunning(JsonObject? template, string deadline, Findings errors)
    {
        var spec = template.Map("spec");
        errors.OneOf("spec.template.spec.restartPolicy", spec.Text("restartPolicy") ?? "", "Always");
        if (spec.Whole("activeDeadlineSeconds") is not null)
        {
            errors.Forbidden("spec.template.spec.activeDeadlineSeconds", deadline);
        }
    }
}

/// <summary>Numbers of pods, or parts of all, after apis/apps/validation/validation.go.</summary>
internal static class IntOrPercent
{
    /// <summary>Not negative; a text must be a percentage.</summary>
    public static void NotNegative(string field, JsonNode? value, Findings errors)
    {
        if (Json.TextOf(value) is { } text)
        {
            errors.Check(field, text, Names.Percent);
        }
        else if (value is not null)
        {
            errors.NotNegative(field, Json.TryWhole(value, out var number) ? number : 0);
        }
    }

    public static void AtMostAll(string field, JsonNode? value, Findings errors)
    {
        if (Json.TextOf(value) is { } text && Names.Percent(text).Count == 0 && Amount(value) > 100)
        {
            errors.Invalid(field, text, "must not be greater than 100%");
        }
    }

    /// <summary>The number, or that of the percentage.</summary>
    public static long Amount(JsonNode? value) =>
        Json.TextOf(value) is { } text
            ? Names.Percent(text).Count == 0 && long.TryParse(text[..^1], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var percent) ? percent : 0
            : Json.TryWhole(value, out var number) ? number : 0;
}
