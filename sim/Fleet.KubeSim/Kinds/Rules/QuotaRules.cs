using System.Text.Json.Nodes;
using Fleet.KubeSim.Kinds.Pods;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>LimitRanges, after apis/core/validation/validation.go: limits of containers give each other defaults.</summary>
internal sealed class LimitRangeRules : KindRules
{
    public override void Default(JsonObject item)
    {
        foreach (var limit in item.Map("spec").Each("limits").Where(l => l.Text("type") == "Container"))
        {
            Copy(limit, "max", "default");
            Copy(limit, "default", "defaultRequest");
            Copy(limit, "min", "defaultRequest");
        }
    }

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var types = new HashSet<string>(StringComparer.Ordinal);
        var i = 0;
        foreach (var limit in item.Map("spec").Each("limits"))
        {
            var (at, type) = ($"spec.limits[{i++}]", limit.Text("type") ?? "");
            if (Names.QualifiedName(type).Count > 0)
            {
                errors.Check($"{at}.type", type, Names.QualifiedName);
            }
            else if (!type.Contains('/', StringComparison.Ordinal) && type is not ("Pod" or "Container" or "PersistentVolumeClaim"))
            {
                errors.Invalid($"{at}.type", type, "must be a standard limit type or fully qualified");
            }

            if (!types.Add(type))
            {
                errors.Duplicate($"{at}.type", type);
            }

            Limits(limit, type, at, errors);
        }
    }

    private static void Limits(JsonObject limit, string type, string at, Findings errors)
    {
        foreach (var bag in (string[])["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"])
        {
            if (type == "Pod" && bag is "default" or "defaultRequest")
            {
                if (limit.Map(bag) is { Count: > 0 })
                {
                    errors.Forbidden($"{at}.{bag}", "may not be specified when `type` is 'Pod'");
                }

                continue;
            }

            if (type == "PersistentVolumeClaim" && bag == "maxLimitRequestRatio" && limit.Map("min")?["storage"] is null && limit.Map("max")?["storage"] is null)
            {
                errors.Required($"{at}.limits", "either minimum or maximum storage value is required, but neither was provided");
            }

            foreach (var (name, _) in limit.Map(bag) ?? [])
            {
                if (type is "Pod" or "Container")
                {
                    ResourceValidation.ContainerName(name, $"{at}.{bag}[{name}]", errors);
                }
                else
                {
                    ResourceValidation.Name(name, $"{at}.{bag}[{name}]", errors);
                }
            }
        }

        foreach (var name in ((string[])["max", "min", "default", "defaultRequest"]).SelectMany(b => limit.Map(b) ?? []).Select(p => p.Key).Distinct(StringComparer.Ordinal))
        {
            Compare("min", "min", "min", "max", "min value {0} is greater than max value {1}");
            Compare("defaultRequest", "defaultRequest", "min", "defaultRequest", "min value {0} is greater than default request value {1}");
            Compare("defaultRequest", "defaultRequest", "defaultRequest", "max", "default request value {0} is greater than max value {1}");
            Compare("defaultRequest", "defaultRequest", "defaultRequest", "default", "default request value {0} is greater than default limit value {1}");
            Compare("default", "min", "min", "default", "min value {0} is greater than default value {1}");
            Compare("default", "max", "default", "max", "default value {0} is greater than max value {1}");

            void Compare(string field, string shown, string low, string high, string words)
            {
                if (limit.Map(low).Text(name) is { } less && limit.Map(high).Text(name) is { } more && Quantity.Nanos(less) > Quantity.Nanos(more))
                {
                    errors.Invalid($"{at}.{field}[{name}]", limit.Map(shown).Text(name)!, string.Format(System.Globalization.CultureInfo.InvariantCulture, words, less, more));
                }
            }
        }
    }

    private static void Copy(JsonObject limit, string from, string to)
    {
        foreach (var (name, value) in limit.Map(from) ?? [])
        {
            limit.MapOrNew(to).Fill(name, value?.DeepClone());
        }
    }
}

/// <summary>ResourceQuotas, after apis/core/validation/validation.go.</summary>
internal sealed class ResourceQuotaRules : KindRules
{
    private static readonly string[] Scopes = ["Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass", "CrossNamespacePodAffinity", "VolumeAttributesClass"];

    public override bool ChecksMetadataOnUpdate => false;

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var spec = item.Map("spec") ?? [];
        foreach (var (name, value) in spec.Map("hard") ?? [])
        {
            ResourceValidation.QuotaName(name, $"spec.hard[{name}]", errors);
            ResourceValidation.Amount(name, value, $"spec.hard[{name}]", errors);
        }

        var scopes = (spec.List("scopes") ?? []).Select(s => Json.TextOf(s) ?? "").ToArray();
        foreach (var _ in scopes.Where(s => !Scopes.Contains(s)))
        {
            errors.Invalid("spec.scopes", spec["scopes"], "unsupported scope");
        }

        foreach (var (one, other) in ((string, string)[])[("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")])
        {
            if (scopes.Contains(one) && scopes.Contains(other))
            {
                errors.Invalid("spec.scopes", spec["scopes"], "conflicting scopes");
            }
        }

        if (old is not null && !scopes.ToHashSet(StringComparer.Ordinal).SetEquals((old.Map("spec").List("scopes") ?? []).Select(s => Json.TextOf(s) ?? "")))
        {
            errors.Invalid("spec.scopes", spec["scopes"], "field is immutable");
        }
    }
}
