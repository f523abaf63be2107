using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>PodDisruptionBudgets, after apis/policy/validation/validation.go.</summary>
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

        foreach (var bound in (string[])["minAvailable", "maxUnavailable"])
        {
            IntOrPercent.NotNegative($"spec.{bound}", spec[bound], errors);
            IntOrPercent.AtMostAll($"spec.{bound}", spec[bound], errors);
        }

        LabelSelectors.Validate(spec.Map("selector"), "spec.selector", errors);
        if (spec.Text("unhealthyPodEvictionPolicy") is { } policy)
        {
            errors.OneOf("spec.unhealthyPodEvictionPolicy", policy, "AlwaysAllow", "IfHealthyBudget");
        }
    }
}

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
