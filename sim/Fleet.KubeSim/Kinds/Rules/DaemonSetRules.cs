using System.Globalization;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>DaemonSets: the template's own generation is kept, also as an annotation.</summary>
internal sealed class DaemonSetRules : KindRules
{
    private const string TemplateGeneration = "deprecated.daemonset.template.generation";

    public override bool HasGeneration => true;

    public override void Default(JsonObject item)
    {
        var spec = item.MapOrNew("spec");
        PodDefaults.Template(spec.Map("template"));
        var strategy = spec.MapOrNew("updateStrategy");
        strategy.FillText("type", "RollingUpdate");
        if (strategy.Text("type") == "RollingUpdate")
        {
            var rolling = strategy.MapOrNew("rollingUpdate");
            rolling.Fill("maxUnavailable", 1);
            rolling.Fill("maxSurge", 0);
        }

        spec.Fill("revisionHistoryLimit", 10);
    }

    public override void PrepareForCreate(JsonObject item, bool hasStatus, DateTimeOffset now)
    {
        base.PrepareForCreate(item, hasStatus, now);
        Stamp(item, 1);
    }

    public override void PrepareForUpdate(JsonObject item, JsonObject old, bool hasStatus)
    {
        base.PrepareForUpdate(item, old, hasStatus);
        var before = long.TryParse(old.Map("metadata").Map("annotations").Text(TemplateGeneration), CultureInfo.InvariantCulture, out var known) ? known : 0;
        var changed = !Json.Equal(item.Map("spec")?["template"], old.Map("spec")?["template"]);
        Stamp(item, changed ? before + 1 : before);
    }

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var spec = item.Map("spec") ?? [];
        PodTemplateValidation.Workload(spec, errors);
        RestartAlways.Check(spec.Map("template"), errors);
        errors.OneOf("spec.updateStrategy.type", spec.Map("updateStrategy").Text("type") ?? "", "RollingUpdate", "OnDelete");
        errors.NotNegative("spec.minReadySeconds", spec.Whole("minReadySeconds"));
        errors.NotNegative("spec.revisionHistoryLimit", spec.Whole("revisionHistoryLimit"));
        if (old is not null)
        {
            errors.Unchanged("spec.selector", spec["selector"]?.DeepClone(), old.Map("spec")?["selector"]);
        }
    }

    private static void Stamp(JsonObject item, long generation) =>
        item.MapOrNew("metadata").MapOrNew("annotations")[TemplateGeneration] = generation.ToString(CultureInfo.InvariantCulture);
}
