using System.Text.Json.Nodes;
using Fleet.KubeSim.Fields;
using Fleet.KubeSim.Kinds.Pods;
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

    public override bool ChecksMetadataOnUpdate => false;

    public override IEnumerable<string> Warnings(JsonObject item, JsonObject? old) =>
        [.. PodWarnings.Name(item, old, pod: false), .. PodWarnings.Template(item.Map("spec").Map("template"), old?.Map("spec").Map("template"), "spec.template")];

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var spec = item.Map("spec") ?? [];
        errors.NotNegative("spec.replicas", spec.Whole("replicas"));
        PodTemplateValidation.Selector(spec, "empty selector is invalid for deployment", errors);
        ReplicaSetRules.Template(spec, errors);
        Strategy(spec.Map("strategy") ?? [], errors);
        errors.NotNegative("spec.minReadySeconds", spec.Whole("minReadySeconds"));
        errors.NotNegative("spec.revisionHistoryLimit", spec.Whole("revisionHistoryLimit"));
        errors.NotNegative("spec.progressDeadlineSeconds", spec.Whole("progressDeadlineSeconds"));
        if (spec.Whole("progressDeadlineSeconds") is { } deadline && deadline <= (spec.Whole("minReadySeconds") ?? 0))
        {
            errors.Invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds");
        }

        if (old is not null)
        {
            errors.Unchanged("spec.selector", spec["selector"], old.Map("spec")?["selector"]);
        }
    }

    private static void Strategy(JsonObject strategy, Findings errors)
    {
        const string field = "spec.strategy.rollingUpdate";
        switch (strategy.Text("type"))
        {
            case "Recreate":
                if (strategy["rollingUpdate"] is not null)
                {
                    errors.Forbidden(field, "may not be specified when strategy `type` is 'Recreate'");
                }

                break;
            case "RollingUpdate":
                var rolling = strategy.Map("rollingUpdate") ?? [];
                IntOrPercent.NotNegative($"{field}.maxUnavailable", rolling["maxUnavailable"], errors);
                IntOrPercent.NotNegative($"{field}.maxSurge", rolling["maxSurge"], errors);
                if (IntOrPercent.Amount(rolling["maxUnavailable"]) == 0 && IntOrPercent.Amount(rolling["maxSurge"]) == 0)
                {
                    errors.Invalid($"{field}.maxUnavailable", rolling["maxUnavailable"], "may not be 0 when `maxSurge` is 0");
                }

                IntOrPercent.AtMostAll($"{field}.maxUnavailable", rolling["maxUnavailable"], errors);
                break;
            default:
                // The server shows the whole struct.
                var shown = new JsonObject { ["Type"] = strategy.Text("type") ?? "", ["RollingUpdate"] = null };
                errors.Add(FieldError.NotSupported("spec.strategy.type", shown, "Recreate", "RollingUpdate"));
                break;
        }
    }
}
