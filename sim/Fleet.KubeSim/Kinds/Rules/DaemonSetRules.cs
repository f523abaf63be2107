using System.Globalization;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Kinds.Pods;
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

    public override bool ChecksMetadataOnUpdate => false;

    public override IEnumerable<string> Warnings(JsonObject item, JsonObject? old) =>
        PodWarnings.Template(item.Map("spec").Map("template"), old?.Map("spec").Map("template"), "spec.template");

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var spec = item.Map("spec") ?? [];
        var (selector, template) = (spec.Map("selector"), spec.Map("template"));
        LabelSelectors.Validate(selector, "spec.selector", errors);
        if (PodTemplateValidation.Readable(selector))
        {
            PodTemplateValidation.Matches(selector, template, "spec.template", errors);
        }

        if (selector is not null && LabelSelectors.IsEmpty(selector))
        {
            errors.Invalid("spec.selector", selector, "empty selector is invalid for daemonset");
        }

        PodSpecValidation.Template(template, "spec.template", errors);
        errors.OneOf("spec.template.spec.restartPolicy", template.Map("spec").Text("restartPolicy") ?? "", "Always");
        if (template.Map("spec").Whole("activeDeadlineSeconds") is { } deadline)
        {
            errors.Invalid("spec.template.spec.activeDeadlineSeconds", deadline, "must not be specified");
        }

        errors.NotNegative("spec.minReadySeconds", spec.Whole("minReadySeconds"));
        Strategy(spec.Map("updateStrategy") ?? [], errors);
        errors.NotNegative("spec.revisionHistoryLimit", spec.Whole("revisionHistoryLimit"));
        if (old is not null)
        {
            errors.Unchanged("spec.selector", spec["selector"], old.Map("spec")?["selector"]);
        }
    }

    private static void Strategy(JsonObject strategy, Findings errors)
    {
        const string field = "spec.updateStrategy.rollingUpdate";
        switch (strategy.Text("type"))
        {
            case "OnDelete":
                break;
            case "RollingUpdate":
                var rolling = strategy.Map("rollingUpdate") ?? [];
                IntOrPercent.NotNegative($"{field}.maxUnavailable", rolling["maxUnavailable"], errors);
                IntOrPercent.NotNegative($"{field}.maxSurge", rolling["maxSurge"], errors);
                IntOrPercent.AtMostAll($"{field}.maxUnavailable", rolling["maxUnavailable"], errors);
                IntOrPercent.AtMostAll($"{field}.maxSurge", rolling["maxSurge"], errors);
                var (unavailable, surge) = (IntOrPercent.Amount(rolling["maxUnavailable"]) != 0, IntOrPercent.Amount(rolling["maxSurge"]) != 0);
                if (unavailable && surge)
                {
                    errors.Invalid($"{field}.maxSurge", rolling["maxSurge"], "may not be set when maxUnavailable is non-zero");
                }
                else if (!unavailable && !surge)
                {
                    errors.Required($"{field}.maxUnavailable", "cannot be 0 when maxSurge is 0");
                }

                break;
            default:
                // The server shows the whole struct.
                var shown = new JsonObject { ["Type"] = strategy.Text("type") ?? "", ["RollingUpdate"] = null };
                errors.Add(FieldError.NotSupported("spec.updateStrategy.type", shown, "RollingUpdate", "OnDelete"));
                break;
        }
    }

    private static void Stamp(JsonObject item, long generation) =>
        item.MapOrNew("metadata").MapOrNew("annotations")[TemplateGeneration] = generation.ToString(CultureInfo.InvariantCulture);
}
