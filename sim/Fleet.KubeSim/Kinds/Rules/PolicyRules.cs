using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>PodDisruptionBudgets.</summary>
internal sealed class DisruptionBudgetRules : KindRules
{
    public override bool HasGeneration => true;

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var spec = item.Map("spec") ?? [];
        if (spec["minAvailable"] is not null && spec["maxUnavailable"] is not null)
        {
            // The server shows its internal struct, whose fields have Go names.
            var shown = new JsonObject
            {
                ["MinAvailable"] = spec["minAvailable"]!.DeepClone(),
                ["Selector"] = spec["selector"]?.DeepClone(),
                ["MaxUnavailable"] = spec["maxUnavailable"]!.DeepClone(),
                ["UnhealthyPodEvictionPolicy"] = spec["unhealthyPodEvictionPolicy"]?.DeepClone(),
            };
            errors.Invalid("spec", shown, "minAvailable and maxUnavailable cannot be both set");
        }

        if (spec.Map("selector") is { } selector)
        {
            LabelSelectors.Validate(selector, "spec.selector", errors);
        }
    }
}

/// <summary>HorizontalPodAutoscalers, of both versions.</summary>
internal sealed class AutoscalerRules : KindRules
{
    public override void Default(JsonObject item)
    {
        var spec = item.MapOrNew("spec");
        spec.Fill("minReplicas", 1);
        var isV2 = item.Text("apiVersion") == "autoscaling/v2";
        if (!isV2)
        {
            return;
        }

        if (Json.IsNullOrEmpty(spec["metrics"]))
        {
            spec["metrics"] = new JsonArray(new JsonObject
            {
                ["type"] = "Resource",
                ["resource"] = new JsonObject
                {
                    ["name"] = "cpu",
                    ["target"] = new JsonObject { ["type"] = "Utilization", ["averageUtilization"] = 80 },
                },
            });
        }

        if (spec.Map("behavior") is { } behavior)
        {
            Scaling(behavior, "scaleUp", stabilization: 0, pods: true);
            Scaling(behavior, "scaleDown", stabilization: null, pods: false);
        }
    }

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var spec = item.Map("spec") ?? [];
        var (least, most) = (spec.Whole("minReplicas") ?? 1, spec.Whole("maxReplicas") ?? 0);
        if (least < 1)
        {
            errors.Invalid("spec.minReplicas", least, "must be greater than or equal to 1");
        }

        if (most < 1)
        {
            errors.Invalid("spec.maxReplicas", most, "must be greater than 0");
        }
        else if (most < least)
        {
            errors.Invalid("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`");
        }

        var target = spec.Map("scaleTargetRef") ?? [];
        foreach (var field in (string[])["kind", "name"])
        {
            if (string.IsNullOrEmpty(target.Text(field)))
            {
                errors.Required($"spec.scaleTargetRef.{field}");
            }
        }
    }

    private static void Scaling(JsonObject behavior, string direction, int? stabilization, bool pods)
    {
        var rules = behavior.MapOrNew(direction);
        if (stabilization is { } seconds)
        {
            rules.Fill("stabilizationWindowSeconds", seconds);
        }

        rules.Fill("selectPolicy", "Max");
        if (rules["policies"] is null)
        {
            var percent = new JsonObject { ["type"] = "Percent", ["value"] = 100, ["periodSeconds"] = 15 };
            rules["policies"] = pods
                ? new JsonArray(new JsonObject { ["type"] = "Pods", ["value"] = 4, ["periodSeconds"] = 15 }, percent)
                : new JsonArray(percent);
        }
    }
}

/// <summary>LimitRanges: limits of containers give each other defaults.</summary>
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

    private static void Copy(JsonObject limit, string from, string to)
    {
        foreach (var (name, value) in limit.Map(from) ?? [])
        {
            limit.MapOrNew(to).Fill(name, value?.DeepClone());
        }
    }
}

/// <summary>ResourceQuotas.</summary>
internal sealed class ResourceQuotaRules : KindRules;

/// <summary>Nodes.</summary>
internal sealed class NodeRules : KindRules
{
    public override void Default(JsonObject item)
    {
        if (item.Map("status") is { } status && status["allocatable"] is null && status["capacity"] is { } capacity)
        {
            status["allocatable"] = capacity.DeepClone();
        }
    }

    public override void PrepareForCreate(JsonObject item, bool hasStatus, DateTimeOffset now)
    {
        // A kubelet registers with its status.
    }
}

/// <summary>PriorityClasses: the value is fixed.</summary>
internal sealed class PriorityClassRules : KindRules
{
    public override bool HasGeneration => true;

    public override void Default(JsonObject item) => item.Fill("preemptionPolicy", "PreemptLowerPriority");

    /// <summary>Stays 1: nothing that may change counts.</summary>
    public override bool RaisesGeneration(JsonObject item, JsonObject old) => false;

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var name = item.Map("metadata").Text("name") ?? "";
        if (old is null && name.StartsWith("system-", StringComparison.Ordinal) && name is not ("system-node-critical" or "system-cluster-critical"))
        {
            errors.Forbidden("metadata.name", "priority class names with 'system-' prefix are reserved for system use only");
        }
        else if (item.Whole("value") > 1_000_000_000 && !name.StartsWith("system-", StringComparison.Ordinal))
        {
            errors.Forbidden("value", "maximum allowed value of a user defined priority is 1000000000");
        }

        if (old is not null && (item.Whole("value") ?? 0) != (old.Whole("value") ?? 0))
        {
            errors.Forbidden("value", "may not be changed in an update.");
        }
    }
}
