using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>When the pods of a Job count as failed, and the Job as done, after apis/batch/validation/validation.go.</summary>
internal static class JobPolicies
{
    private const int MaxRules = 20;

    public static void Failure(JsonObject spec, string field, Findings errors)
    {
        if (spec.Map("podFailurePolicy") is not { } policy)
        {
            return;
        }

        var rules = policy.Each("rules").ToArray();
        if (rules.Length > MaxRules)
        {
            errors.Add(FieldError.TooMany($"{field}.rules", rules.Length, MaxRules));
        }

        var pod = spec.Map("template").Map("spec");
        var containers = pod.Each("containers").Concat(pod.Each("initContainers")).Select(c => c.Text("name") ?? "").ToHashSet(StringComparer.Ordinal);
        for (var i = 0; i < rules.Length; i++)
        {
            FailureRule(spec, rules[i], containers, $"{field}.rules[{i}]", errors);
        }
    }

    public static void Success(JsonObject spec, string field, Findings errors)
    {
        if (spec.Text("completionMode") != "Indexed")
        {
            var shown = InternalForm.Struct(TypeTable.Type("batch/v1.SuccessPolicy"), spec.Map("successPolicy") ?? []);
            errors.Invalid(field, shown, "requires indexed completion mode");
            return;
        }

        var rules = spec.Map("successPolicy").Each("rules").ToArray();
        if (rules.Length == 0)
        {
            errors.Required($"{field}.rules", "at least one rules must be specified when the successPolicy is specified");
        }

        if (rules.Length > MaxRules)
        {
            errors.Add(FieldError.TooMany($"{field}.rules", rules.Length, MaxRules));
        }

        for (var i = 0; i < rules.Length; i++)
        {
            var (rule, at) = (rules[i], $"{field}.rules[{i}]");
            if (rule["succeededCount"] is null && rule["succeededIndexes"] is null)
            {
                errors.Required(at, "at least one of succeededCount or succeededIndexes must be specified");
            }

            errors.NotNegative($"{at}.succeededCount", rule.Whole("succeededCount"));
            if (rule.Whole("succeededCount") > spec.Whole("completions"))
            {
                errors.Invalid($"{at}.succeededCount", rule.Whole("succeededCount"), $"must be less than or equal to {spec.Whole("completions")} (the number of specified completions)");
            }
        }
    }

    private static void FailureRule(JsonObject spec, JsonObject rule, HashSet<string> containers, string field, Findings errors)
    {
        var action = rule.Text("action") ?? "";
        if (action.Length == 0)
        {
            errors.Required($"{field}.action", "valid values: [\"Count\" \"FailIndex\" \"FailJob\" \"Ignore\"]");
        }
        else if (action == "FailIndex")
        {
            if (spec["backoffLimitPerIndex"] is null)
            {
                errors.Invalid($"{field}.action", action, "requires the backoffLimitPerIndex to be set");
            }
        }
        else
        {
            errors.OneOf($"{field}.action", action, "Count", "FailIndex", "FailJob", "Ignore");
        }

        var (codes, conditions) = (rule.Map("onExitCodes"), rule.List("onPodConditions") is { Count: > 0 });
        if (codes is not null)
        {
            ExitCodes(codes, containers, $"{field}.onExitCodes", errors);
        }

        var i = 0;
        foreach (var pattern in rule.Each("onPodConditions"))
        {
            var at = $"{field}.onPodConditions[{i++}]";
            errors.Check($"{at}.type", pattern.Text("type") ?? "", Names.QualifiedName);
            errors.OneOf($"{at}.status", pattern.Text("status") ?? "", "False", "True", "Unknown");
        }

        if (codes is not null == conditions)
        {
            errors.Add(new FieldError(field, FieldErrorReason.Invalid, conditions
                ? "Invalid value: specifying both OnExitCodes and OnPodConditions is not supported"
                : "Invalid value: specifying one of OnExitCodes and OnPodConditions is required"));
        }
    }

    private static void ExitCodes(JsonObject codes, HashSet<string> containers, string field, Findings errors)
    {
        var kind = codes.Text("operator") ?? "";
        if (kind.Length == 0)
        {
            errors.Required($"{field}.operator", "valid values: [\"In\" \"NotIn\"]");
        }
        else
        {
            errors.OneOf($"{field}.operator", kind, "In", "NotIn");
        }

        if (codes.Text("containerName") is { } name && !containers.Contains(name))
        {
            errors.Invalid($"{field}.containerName", name, "must be one of the container or initContainer names in the pod template");
        }

        var values = codes.List("values") ?? [];
        if (values.Count == 0)
        {
            errors.Invalid($"{field}.values", codes["values"], "at least one value is required");
        }
        else if (values.Count > 255)
        {
            errors.Add(FieldError.TooMany($"{field}.values", values.Count, 255));
        }

        var (seen, ordered, last) = (new HashSet<long>(), true, long.MinValue);
        for (var i = 0; i < values.Count; i++)
        {
            _ = Json.TryWhole(values[i], out var code);
            if (kind == "In" && code == 0)
            {
                errors.Invalid($"{field}.values[{i}]", code, "must not be 0 for the In operator");
            }

            if (!seen.Add(code))
            {
                errors.Duplicate($"{field}.values[{i}]", code);
            }

            ordered &= last <= code;
            last = code;
        }

        if (!ordered)
        {
            errors.Invalid($"{field}.values", values, "must be ordered");
        }
    }
}

/// <summary>Jobs that count their pods by index, after apis/batch/validation/validation.go.</summary>
internal static class JobIndexes
{
    private const long MaxParallelism = 100_000;

    public static void Validate(JsonObject spec, string field, Findings errors)
    {
        var mode = spec.Text("completionMode") ?? "NonIndexed";
        errors.OneOf($"{field}.completionMode", mode, "NonIndexed", "Indexed");
        var (completions, parallelism, failed) = (spec.Whole("completions"), spec.Whole("parallelism"), spec.Whole("maxFailedIndexes"));
        if (mode == "NonIndexed")
        {
            foreach (var name in (string[])["backoffLimitPerIndex", "maxFailedIndexes"])
            {
                if (spec.Whole(name) is { } number)
                {
                    errors.Invalid($"{field}.{name}", number, "requires indexed completion mode");
                }
            }
        }
        else if (mode == "Indexed")
        {
            if (completions is null)
            {
                errors.Required($"{field}.completions", "when completion mode is Indexed");
            }

            if (parallelism > MaxParallelism)
            {
                errors.Invalid($"{field}.parallelism", parallelism, $"must be less than or equal to {MaxParallelism} when completion mode is Indexed");
            }

            if (failed > completions)
            {
                errors.Invalid($"{field}.maxFailedIndexes", failed, "must be less than or equal to completions");
            }

            if (failed > MaxParallelism)
            {
                errors.Invalid($"{field}.maxFailedIndexes", failed, $"must be less than or equal to {MaxParallelism}");
            }
        }
    }
}
