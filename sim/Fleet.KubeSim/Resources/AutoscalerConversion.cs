using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Resources;

/// <summary>HorizontalPodAutoscaler between autoscaling/v2 (stored) and v1, whose only metric is the processor's utilization.</summary>
internal static class AutoscalerConversion
{
    private const string MetricsAnnotation = "autoscaling.alpha.kubernetes.io/metrics";

    public static void ToV1(JsonObject content)
    {
        if (content.Map("spec") is not { } spec)
        {
            return;
        }

        var others = new JsonArray();
        foreach (var metric in spec.List("metrics") ?? [])
        {
            var resource = metric?["resource"] as JsonObject;
            if (resource.Text("name") == "cpu" && resource.Map("target").Whole("averageUtilization") is { } percent)
            {
                spec["targetCPUUtilizationPercentage"] = percent;
            }
            else
            {
                others.Add(metric?.DeepClone());
            }
        }

        spec.Remove("metrics");
        spec.Remove("behavior");
        if (others.Count > 0)
        {
            content.MapOrNew("metadata").MapOrNew("annotations")[MetricsAnnotation] = others.ToJsonString();
        }

        if (content.Map("status") is { } status)
        {
            status.Remove("currentMetrics");
            status.Remove("conditions");
            if (!status.ContainsKey("currentReplicas"))
            {
                status["currentReplicas"] = 0;
            }
        }
    }

    public static void ToV2(JsonObject content)
    {
        if (content.Map("spec") is not { } spec)
        {
            return;
        }

        var metrics = new JsonArray();
        if (spec.Whole("targetCPUUtilizationPercentage") is { } percent)
        {
            metrics.Add(new JsonObject
            {
                ["type"] = "Resource",
                ["resource"] = new JsonObject { ["name"] = "cpu", ["target"] = new JsonObject { ["type"] = "Utilization", ["averageUtilization"] = percent } },
            });
        }

        spec.Remove("targetCPUUtilizationPercentage");
        if (content.Map("metadata").Map("annotations") is { } annotations && annotations.Text(MetricsAnnotation) is { } text)
        {
            foreach (var metric in JsonNode.Parse(text) as JsonArray ?? [])
            {
                metrics.Add(metric?.DeepClone());
            }

            annotations.Remove(MetricsAnnotation);
        }

        if (metrics.Count > 0)
        {
            spec["metrics"] = metrics;
        }

        if (content.Map("status") is { } status)
        {
            status["currentMetrics"] = null;
        }
    }
}
