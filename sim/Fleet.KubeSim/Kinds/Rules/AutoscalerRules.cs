using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>HorizontalPodAutoscalers of both versions, after apis/autoscaling/validation/validation.go.</summary>
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

    public override bool ChecksMetadataOnUpdate => false;

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var spec = item.Map("spec") ?? [];
        var (least, most) = (spec.Whole("minReplicas"), spec.Whole("maxReplicas") ?? 0);
        if (least < 1)
        {
            errors.Invalid("spec.minReplicas", least, "must be greater than or equal to 1");
        }

        if (most < 1)
        {
            errors.Invalid("spec.maxReplicas", most, "must be greater than 0");
        }

        if (most < least)
        {
            errors.Invalid("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`");
        }

        AutoscalerMetrics.Target(spec.Map("scaleTargetRef"), "spec.scaleTargetRef", errors);
        if (item.Text("apiVersion") != "autoscaling/v2")
        {
            return;
        }

        AutoscalerMetrics.Validate(spec, "spec.metrics", errors);
        foreach (var direction in (string[])["scaleUp", "scaleDown"])
        {
            if (spec.Map("behavior").Map(direction) is { } rules)
            {
                AutoscalerMetrics.Behavior(rules, $"spec.behavior.{direction}", errors);
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
