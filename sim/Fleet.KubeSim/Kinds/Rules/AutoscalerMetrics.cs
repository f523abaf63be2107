using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>What an autoscaler goes by and how fast, after apis/autoscaling/validation/validation.go.</summary>
internal static class AutoscalerMetrics
{
    private const int MaxWindow = 3600;
    private const int MaxPeriod = 1800;

    private static readonly (string Type, string Field)[] Sources =
        [("Object", "object"), ("External", "external"), ("Pods", "pods"), ("Resource", "resource"), ("ContainerResource", "containerResource")];

    public static void Target(JsonObject? target, string field, Findings errors)
    {
        errors.Need($"{field}.kind", target.Text("kind"), Names.PathSegment);
        errors.Need($"{field}.name", target.Text("name"), Names.PathSegment);
    }

    public static void Validate(JsonObject spec, string field, Findings errors)
    {
        var i = 0;
        foreach (var metric in spec.Each("metrics"))
        {
            Metric(metric, $"{field}[{i++}]", errors);
        }
    }

    public static void Behavior(JsonObject rules, string field, Findings errors)
    {
        var window = rules.Whole("stabilizationWindowSeconds");
        if (window < 0)
        {
            errors.Invalid($"{field}.stabilizationWindowSeconds", window, "must be greater than or equal to zero");
        }

        if (window > MaxWindow)
        {
            errors.Invalid($"{field}.stabilizationWindowSeconds", window, $"must be less than or equal to {MaxWindow}");
        }

        if (rules.Text("selectPolicy") is { } select)
        {
            errors.OneOf($"{field}.selectPolicy", select, "Disabled", "Max", "Min");
        }

        if (rules.List("policies") is not { Count: > 0 } && rules["tolerance"] is null)
        {
            errors.Required($"{field}.policies", "must specify at least one Policy");
        }

        var i = 0;
        foreach (var policy in rules.Each("policies"))
        {
            var at = $"{field}.policies[{i++}]";
            errors.OneOf($"{at}.type", policy.Text("type") ?? "", "Percent", "Pods");
            foreach (var number in (string[])["value", "periodSeconds"])
            {
                if ((policy.Whole(number) ?? 0) is <= 0 and var low)
                {
                    errors.Invalid($"{at}.{number}", low, "must be greater than zero");
                }
            }

            if (policy.Whole("periodSeconds") > MaxPeriod)
            {
                errors.Invalid($"{at}.periodSeconds", policy.Whole("periodSeconds"), $"must be less than or equal to {MaxPeriod}");
            }
        }
    }

    private static void Metric(JsonObject metric, string field, Findings errors)
    {
        var type = metric.Text("type") ?? "";
        string[] types = [.. Sources.Select(s => s.Type).Order(StringComparer.Ordinal)];
        if (type.Length == 0)
        {
            errors.Required($"{field}.type", "must specify a metric source type");
        }

        errors.OneOf($"{field}.type", type, types);
        var present = Sources.Where(s => metric.Map(s.Field) is not null).Select(s => s.Field).ToArray();
        if (present.Length > 0)
        {
            Source(present[0], metric.Map(present[0])!, $"{field}.{present[0]}", errors);
        }

        var expected = Sources.FirstOrDefault(s => s.Type == type).Field;
        if (expected is null)
        {
            errors.OneOf($"{field}.type", type, types);
        }
        else if (!present.Contains(expected))
        {
            errors.Required($"{field}.{expected}", "must populate information for the given metric source");
        }

        foreach (var extra in present.Length == 1 ? [] : present.Where(p => p != expected))
        {
            errors.Forbidden($"{field}.{extra}", "must populate the given metric source only");
        }
    }

    private static void Source(string kind, JsonObject source, string field, Findings errors)
    {
        var target = source.Map("target");
        if (kind == "object")
        {
            Target(source.Map("describedObject"), $"{field}.describedObject", errors);
        }

        if (kind is "object" or "external" or "pods")
        {
            var name = source.Map("metric").Text("name");
            if (string.IsNullOrEmpty(name))
            {
                errors.Required($"{field}.metric.name", "must specify a metric name");
            }
            else
            {
                errors.Check($"{field}.metric.name", name, Names.PathSegment);
            }
        }
        else if (string.IsNullOrEmpty(source.Text("name")))
        {
            errors.Required($"{field}.name", "must specify a resource name");
        }

        if (kind == "containerResource")
        {
            if (string.IsNullOrEmpty(source.Text("container")))
            {
                errors.Required($"{field}.container", "must specify a container");
            }
            else
            {
                errors.Check($"{field}.container", source.Text("container")!, Names.Label);
            }
        }

        Amounts(target, $"{field}.target", errors);
        var (value, average, use) = (target?["value"] is not null, target?["averageValue"] is not null, target?["averageUtilization"] is not null);
        switch (kind)
        {
            case "object" when !value && !average:
                errors.Required($"{field}.target.averageValue", "must set either a target value or averageValue");
                break;
            case "external" when !value && !average:
                errors.Required($"{field}.target.averageValue", "must set either a target value for metric or a per-pod target");
                break;
            case "external" when value && average:
                errors.Forbidden($"{field}.target.value", "may not set both a target value for metric and a per-pod target");
                break;
            case "pods" when !average:
                errors.Required($"{field}.target.averageValue", "must specify a positive target averageValue");
                break;
            case "resource" or "containerResource" when !use && !average:
                errors.Required($"{field}.target.averageUtilization", "must set either a target raw value or a target utilization");
                break;
            case "resource" or "containerResource" when use && average:
                errors.Forbidden($"{field}.target.averageValue", "may not set both a target raw value and a target utilization");
                break;
            default:
                break;
        }
    }

    private static void Amounts(JsonObject? target, string field, Findings errors)
    {
        var type = target.Text("type") ?? "";
        if (type.Length == 0)
        {
            errors.Required($"{field}.type", "must specify a metric target type");
        }

        if (type is not ("Utilization" or "Value" or "AverageValue"))
        {
            errors.Invalid($"{field}.type", type, "must be either Utilization, Value, or AverageValue");
        }

        foreach (var name in (string[])["value", "averageValue"])
        {
            if (Quantity.Nanos(target.Text(name)) is { } nanos && nanos <= 0)
            {
                errors.Invalid($"{field}.{name}", target.Text(name)!, "must be positive");
            }
        }

        if (target.Whole("averageUtilization") < 1)
        {
            errors.Invalid($"{field}.averageUtilization", target.Whole("averageUtilization"), "must be greater than 0");
        }
    }
}
