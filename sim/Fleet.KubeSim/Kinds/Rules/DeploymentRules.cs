using System.Text.Json.Nodes;
using Fleet.KubeSim.Fields;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>Deployments: a rolling update by default, an immutable selector.</summary>
internal sealed class DeploymentRules : KindRules
{
    private static readonly FieldSet StatusResets = FieldSet.Of(FieldPath.Of("spec"), FieldPath.Of("metadata", "labels"));

    public override bool HasGeneration => true;

    public override void Default(JsonObject item)
    {
        var spec = item.MapOrNew("spec");
        PodDefaults.Template(spec.Map("template"));
        spec.Fill("replicas", 1);
        var strategy = spec.MapOrNew("strategy");
        strategy.FillText("type", "RollingUpdate");
        if (strategy.Text("type") == "RollingUpdate")
        {
            var rolling = strategy.MapOrNew("rollingUpdate");
            rolling.Fill("maxUnavailable", "25%");
            rolling.Fill("maxSurge", "25%");
        }

        spec.Fill("revisionHistoryLimit", 10);
        spec.Fill("progressDeadlineSeconds", 600);
    }

    /// <summary>Annotations count too, since they are copied to ReplicaSets.</summary>
    public override bool RaisesGeneration(JsonObject item, JsonObject old) =>
        base.RaisesGeneration(item, old) || !Json.Equal(item.Map("metadata")?["annotations"], old.Map("metadata")?["annotations"]);

    public override void PrepareForStatusUpdate(JsonObject item, JsonObject old, DateTimeOffset now)
    {
        base.PrepareForStatusUpdate(item, old, now);
        Keep(item.MapOrNew("metadata"), old.MapOrNew("metadata"), "labels");
    }

    public override FieldSet? Resets(string subresource, bool hasStatus) =>
        subresource == "status" ? StatusResets : base.Resets(subresource, hasStatus);

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var spec = item.Map("spec") ?? [];
        errors.NotNegative("spec.replicas", spec.Whole("replicas"));
        PodTemplateValidation.Workload(spec, errors);
        RestartAlways.Check(spec.Map("template"), errors);
        Strategy(spec.Map("strategy") ?? [], errors);
        errors.NotNegative("spec.minReadySeconds", spec.Whole("minReadySeconds"));
        errors.NotNegative("spec.revisionHistoryLimit", spec.Whole("revisionHistoryLimit"));
        if (spec.Whole("progressDeadlineSeconds") is { } deadline && deadline <= (spec.Whole("minReadySeconds") ?? 0))
        {
            errors.Invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds");
        }

        if (old is not null)
        {
            errors.Unchanged("spec.selector", spec["selector"]?.DeepClone(), old.Map("spec")?["selector"]);
        }
    }

    private static void Strategy(JsonObject strategy, Findings errors)
    {
        switch (strategy.Text("type"))
        {
            case "Recreate":
                if (strategy["rollingUpdate"] is not null)
                {
                    errors.Forbidden("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'");
                }

                break;
            case "RollingUpdate":
                var rolling = strategy.Map("rollingUpdate") ?? [];
                if (IsZero(rolling["maxUnavailable"]) && IsZero(rolling["maxSurge"]))
                {
                    errors.Invalid("spec.strategy.rollingUpdate.maxUnavailable", rolling["maxUnavailable"]?.DeepClone(), "may not be 0 when `maxSurge` is 0");
                }

                break;
            default:
                errors.OneOf("spec.strategy.type", strategy.Text("type") ?? "", "Recreate", "RollingUpdate");
                break;
        }
    }

    private static bool IsZero(JsonNode? value) => Json.TextOf(value) is "0%" || (Json.TryWhole(value, out var number) && number == 0);
}
