using System.Globalization;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Output;

/// <summary>The metrics of a HorizontalPodAutoscaler, each as present value and target.</summary>
internal static class AutoscalerTargets
{
    private const string Unknown = "<unknown>";

    public static string Of(JsonObject autoscaler)
    {
        var metrics = Cell.List(autoscaler, "spec", "metrics").OfType<JsonObject>().ToArray();
        var present = Cell.List(autoscaler, "status", "currentMetrics").OfType<JsonObject>().ToArray();
        if (metrics.Length == 0)
        {
            return "<none>";
        }

        var texts = metrics.Take(2).Select((m, i) => Metric(m, i < present.Length ? present[i] : [])).ToArray();
        return metrics.Length > 2
            ? string.Create(CultureInfo.InvariantCulture, $"{string.Join(", ", texts)} + {metrics.Length - 2} more...")
            : string.Join(", ", texts);
    }

    private static string Metric(JsonObject metric, JsonObject present)
    {
        var (field, name) = metric.Text("type") switch
        {
            "Resource" => ("resource", Cell.Text(metric, "resource", "name")),
            "ContainerResource" => ("containerResource", Cell.Text(metric, "containerResource", "name")),
            "Pods" => ("pods", ""),
            "Object" => ("object", ""),
            "External" => ("external", ""),
            _ => ("", ""),
        };
        if (field.Length == 0)
        {
            return "<unknown type>";
        }

        var (target, current) = (Cell.Map(metric, field, "target"), Cell.Map(present, field, "current"));
        if (name.Length == 0)
        {
            var average = target?["averageValue"] is not null;
            var now = Json.TextOf(current?[average ? "averageValue" : "value"]) ?? Unknown;
            return $"{now}/{Json.TextOf(target?[average ? "averageValue" : "value"])}{(average && field != "pods" ? " (avg)" : "")}";
        }

        return Json.TextOf(target?["averageValue"]) is { } value
            ? $"{name}: {Json.TextOf(current?["averageValue"]) ?? Unknown}/{value}"
            : $"{name}: {Percent(current) ?? Unknown}/{Percent(target) ?? "<auto>"}";
    }

    private static string? Percent(JsonObject? of) => of.Whole("averageUtilization") is { } percent ? $"{percent}%" : null;
}
