using System.Text.Json.Nodes;
using Fleet.KubeSim.Kinds.Rules;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Pods;

/// <summary>Affinity, tolerations and spreading, after apis/core/validation/validation.go.</summary>
internal static class SchedulingValidation
{
    private const string RequiredTerms = "requiredDuringSchedulingIgnoredDuringExecution";
    private const string PreferredTerms = "preferredDuringSchedulingIgnoredDuringExecution";

    public static void Affinity(JsonObject? affinity, string field, Findings errors)
    {
        if (affinity.Map("nodeAffinity") is { } node)
        {
            if (node.Map(RequiredTerms) is { } required)
            {
                NodeSelector(required, $"{field}.nodeAffinity.{RequiredTerms}", errors);
            }

            var i = 0;
            foreach (var term in node.Each(PreferredTerms))
            {
                var at = $"{field}.nodeAffinity.{PreferredTerms}[{i++}]";
                Weight(term, at, errors);
                NodeTerm(term.Map("preference") ?? [], preferred: true, $"{at}.preference", errors);
            }
        }

        foreach (var kind in (string[])["podAffinity", "podAntiAffinity"])
        {
            var i = 0;
            foreach (var term in affinity.Map(kind).Each(RequiredTerms))
            {
                PodTerm(term, $"{field}.{kind}.{RequiredTerms}[{i++}]", errors);
            }

            i = 0;
            foreach (var term in affinity.Map(kind).Each(PreferredTerms))
            {
                var at = $"{field}.{kind}.{PreferredTerms}[{i++}]";
                Weight(term, at, errors);
                PodTerm(term.Map("podAffinityTerm") ?? [], $"{at}.podAffinityTerm", errors);
            }
        }
    }

    public static void NodeSelector(JsonObject selector, string field, Findings errors)
    {
        if (selector.List("nodeSelectorTerms") is not { Count: > 0 })
        {
            errors.Required($"{field}.nodeSelectorTerms", "must have at least one node selector term");
            return;
        }

        var i = 0;
        foreach (var term in selector.Each("nodeSelectorTerms"))
        {
            NodeTerm(term, preferred: false, $"{field}.nodeSelectorTerms[{i++}]", errors);
        }
    }

    public static void Tolerations(JsonObject spec, string field, Findings errors)
    {
        var i = 0;
        foreach (var toleration in spec.Each("tolerations"))
        {
            var at = $"{field}[{i++}]";
            var (key, kind, value, effect) = (
                toleration.Text("key") ?? "", toleration.Text("operator") ?? "", toleration.Text("value") ?? "", toleration.Text("effect") ?? "");
            if (key.Length > 0)
            {
                errors.Check($"{at}.key", key, Names.QualifiedName);
            }
            else if (kind != "Exists")
            {
                errors.Invalid($"{at}.operator", kind, "operator must be Exists when `key` is empty, which means \"match all values and all keys\"");
            }

            if (toleration["tolerationSeconds"] is not null && effect != "NoExecute")
            {
                errors.Invalid($"{at}.effect", effect, "effect must be 'NoExecute' when `tolerationSeconds` is set");
            }

            switch (kind)
            {
                case "Equal" or "":
                    if (Names.LabelValue(value) is { Count: > 0 } reasons)
                    {
                        errors.Invalid($"{at}.operator", value, string.Join(';', reasons));
                    }

                    break;
                case "Exists":
                    if (value.Length > 0)
                    {
                        errors.Invalid($"{at}.operator", value, "value must be empty when `operator` is 'Exists'");
                    }

                    break;
                default:
                    errors.OneOf($"{at}.operator", kind, "Equal", "Exists");
                    break;
            }

            if (effect.Length > 0)
            {
                errors.OneOf($"{at}.effect", effect, "NoSchedule", "PreferNoSchedule", "NoExecute");
            }
        }
    }

    public static void Spread(JsonObject spec, string field, Findings errors)
    {
        var constraints = spec.Each("topologySpreadConstraints").ToArray();
        for (var i = 0; i < constraints.Length; i++)
        {
            var (constraint, at) = (constraints[i], $"{field}[{i}]");
            if ((constraint.Whole("maxSkew") ?? 0) is <= 0 and var skew)
            {
                errors.Invalid($"{at}.maxSkew", skew, "must be greater than zero");
            }

            var (key, action) = (constraint.Text("topologyKey") ?? "", constraint.Text("whenUnsatisfiable") ?? "");
            if (key.Length == 0)
            {
                errors.Required($"{at}.topologyKey", "can not be empty");
            }

            errors.OneOf($"{at}.whenUnsatisfiable", action, "DoNotSchedule", "ScheduleAnyway");
            if (constraints[(i + 1)..].Any(c => (c.Text("topologyKey") ?? "") == key && (c.Text("whenUnsatisfiable") ?? "") == action))
            {
                errors.Duplicate($"{at}.{{topologyKey, whenUnsatisfiable}}", $"{{{key}, {action}}}");
            }

            SpreadOptions(constraint, action, at, errors);
        }
    }

    private static void SpreadOptions(JsonObject constraint, string action, string at, Findings errors)
    {
        if (constraint.Whole("minDomains") is { } domains)
        {
            if (domains <= 0)
            {
                errors.Invalid($"{at}.minDomains", domains, "must be greater than zero");
            }

            if (action != "DoNotSchedule")
            {
                errors.Invalid($"{at}.minDomains", domains, $"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}");
            }
        }

        foreach (var policy in (string[])["nodeAffinityPolicy", "nodeTaintsPolicy"])
        {
            if (constraint.Text(policy) is { } chosen)
            {
                errors.OneOf($"{at}.{policy}", chosen, "Honor", "Ignore");
            }
        }

        var keys = constraint.List("matchLabelKeys") ?? [];
        var selector = constraint.Map("labelSelector");
        if (keys.Count > 0 && selector is null)
        {
            errors.Forbidden($"{at}.matchLabelKeys", "must not be specified when labelSelector is not set");
        }

        for (var i = 0; i < keys.Count; i++)
        {
            var key = Json.TextOf(keys[i]) ?? "";
            errors.Check($"{at}.matchLabelKeys[{i}]", key, Names.QualifiedName);
            if (selector.Map("matchLabels")?.ContainsKey(key) == true || selector.Each("matchExpressions").Any(e => e.Text("key") == key))
            {
                errors.Invalid($"{at}.matchLabelKeys[{i}]", key, "exists in both matchLabelKeys and labelSelector");
            }
        }

        LabelSelectors.Validate(selector, $"{at}.labelSelector", errors);
    }

    private static void Weight(JsonObject term, string field, Findings errors)
    {
        if ((term.Whole("weight") ?? 0) is <= 0 or > 100)
        {
            errors.Invalid($"{field}.weight", term.Whole("weight") ?? 0, "must be in the range 1-100");
        }
    }

    private static void PodTerm(JsonObject term, string field, Findings errors)
    {
        LabelSelectors.Validate(term.Map("labelSelector"), $"{field}.labelSelector", errors);
        LabelSelectors.Validate(term.Map("namespaceSelector"), $"{field}.namespaceSelector", errors);
        foreach (var space in term.List("namespaces") ?? [])
        {
            errors.Check($"{field}.namespace", Json.TextOf(space) ?? "", Names.Label);
        }

        foreach (var list in (string[])["matchLabelKeys", "mismatchLabelKeys"])
        {
            var keys = term.List(list) ?? [];
            if (keys.Count > 0 && term.Map("labelSelector") is null)
            {
                errors.Forbidden($"{field}.{list}", "must not be specified when labelSelector is not set");
                continue;
            }

            for (var i = 0; i < keys.Count; i++)
            {
                errors.Check($"{field}.{list}[{i}]", Json.TextOf(keys[i]) ?? "", Names.QualifiedName);
            }
        }

        var key = term.Text("topologyKey") ?? "";
        if (key.Length == 0)
        {
            errors.Required($"{field}.topologyKey", "can not be empty");
        }

        errors.Check($"{field}.topologyKey", key, Names.QualifiedName);
    }

    private static void NodeTerm(JsonObject term, bool preferred, string field, Findings errors)
    {
        var i = 0;
        foreach (var requirement in term.Each("matchExpressions"))
        {
            var at = $"{field}.matchExpressions[{i++}]";
            var values = requirement.List("values")?.Count ?? 0;
            switch (requirement.Text("operator"))
            {
                case "In" or "NotIn" when values == 0:
                    errors.Required($"{at}.values", "must be specified when `operator` is 'In' or 'NotIn'");
                    break;
                case "Exists" or "DoesNotExist" when values > 0:
                    errors.Forbidden($"{at}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
                    break;
                case "Gt" or "Lt" when values != 1:
                    errors.Required($"{at}.values", "must be specified single value when `operator` is 'Lt' or 'Gt'");
                    break;
                case "In" or "NotIn" or "Exists" or "DoesNotExist" or "Gt" or "Lt":
                    break;
                default:
                    errors.Invalid($"{at}.operator", requirement.Text("operator") ?? "", "not a valid selector operator");
                    break;
            }

            errors.Check($"{at}.key", requirement.Text("key") ?? "", Names.QualifiedName);
            if (!preferred)
            {
                LabelSelectors.Values(requirement, at, errors);
            }
        }

        i = 0;
        foreach (var requirement in term.Each("matchFields"))
        {
            var at = $"{field}.matchFields[{i++}]";
            if (requirement.Text("operator") is not ("In" or "NotIn"))
            {
                errors.Invalid($"{at}.operator", requirement.Text("operator") ?? "", "not a valid selector operator");
            }
            else if (requirement.List("values") is not { Count: 1 })
            {
                errors.Required($"{at}.values", "must be only one value when `operator` is 'In' or 'NotIn' for node field selector");
            }

            if (requirement.Text("key") != "metadata.name")
            {
                errors.Invalid($"{at}.key", requirement.Text("key") ?? "", "not a valid field selector key");
            }
        }
    }
}
