using System.Text.Json.Nodes;
using Fleet.KubeSim.Kinds.Pods;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>StatefulSets: most of the spec may never change.</summary>
internal sealed class StatefulSetRules : KindRules
{
    private static readonly string[] Mutable =
        ["replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit", "persistentVolumeClaimRetentionPolicy", "minReadySeconds"];

    public override TextRule NameRule => Names.Label;

    public override bool HasGeneration => true;

    public override bool ChecksMetadataOnUpdate => false;

    public override void Default(JsonObject item)
    {
        var spec = item.MapOrNew("spec");
        PodDefaults.Template(spec.Map("template"));
        spec.FillText("podManagementPolicy", "OrderedReady");
        var strategy = spec.MapOrNew("updateStrategy");
        strategy.FillText("type", "RollingUpdate");
        if (strategy.Text("type") == "RollingUpdate")
        {
            strategy.MapOrNew("rollingUpdate").Fill("partition", 0);
        }

        var retention = spec.MapOrNew("persistentVolumeClaimRetentionPolicy");
        retention.FillText("whenDeleted", "Retain");
        retention.FillText("whenScaled", "Retain");
        spec.Fill("replicas", 1);
        spec.Fill("revisionHistoryLimit", 10);
        foreach (var claim in spec.Each("volumeClaimTemplates"))
        {
            claim.FillText("kind", "PersistentVolumeClaim");
            claim.FillText("apiVersion", "v1");
            claim.MapOrNew("spec").Fill("volumeMode", "Filesystem");
            claim.MapOrNew("status").FillText("phase", "Pending");
        }
    }

    public override IEnumerable<string> Warnings(JsonObject item, JsonObject? old) =>
        PodWarnings.Template(item.Map("spec").Map("template"), old?.Map("spec").Map("template"), "spec.template");

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var spec = item.Map("spec") ?? [];
        if (spec.Text("podManagementPolicy") is var policy and not ("OrderedReady" or "Parallel"))
        {
            errors.Invalid("spec.podManagementPolicy", policy ?? "", "must be 'OrderedReady' or 'Parallel'");
        }

        Strategy(spec.Map("updateStrategy") ?? [], errors);
        foreach (var moment in (string[])["whenDeleted", "whenScaled"])
        {
            errors.OneOf($"spec.persistentVolumeClaimRetentionPolicy.{moment}", spec.Map("persistentVolumeClaimRetentionPolicy").Text(moment) ?? "", "Retain", "Delete");
        }

        errors.NotNegative("spec.replicas", spec.Whole("replicas"));
        errors.NotNegative("spec.minReadySeconds", spec.Whole("minReadySeconds"));
        errors.NotNegative("spec.ordinals.start", spec.Map("ordinals").Whole("start"));
        PodTemplateValidation.Selector(spec, "empty selector is invalid for statefulset", errors);
        var template = spec.Map("template");
        if (PodTemplateValidation.Readable(spec.Map("selector")))
        {
            // The server does not look into the pods of a StatefulSet, whose volumes come from its claims.
            PodTemplateValidation.Matches(spec.Map("selector"), template, "spec.template", errors);
            Metadata.Labels(template.Map("metadata").Map("labels"), "spec.template.labels", errors);
            Metadata.Annotations(template.Map("metadata").Map("annotations"), "spec.template.annotations", errors);
            PodSpecValidation.Annotations(template.Map("metadata").Map("annotations"), "spec.template.annotations", errors);
        }
        else
        {
            errors.Invalid("spec.selector", spec["selector"], "");
        }

        PodTemplateValidation.KeepsRunning(template, "activeDeadlineSeconds in StatefulSet is not Supported", errors);
        if (old is null)
        {
            return;
        }

        var before = old.Map("spec") ?? [];
        if (spec.Select(p => p.Key).Union(before.Select(p => p.Key)).Any(f => !Mutable.Contains(f) && !Json.Equal(spec[f], before[f])))
        {
            errors.Forbidden("spec", "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden");
        }
    }

    private static void Strategy(JsonObject strategy, Findings errors)
    {
        const string field = "spec.updateStrategy";
        var rolling = strategy.Map("rollingUpdate");
        switch (strategy.Text("type"))
        {
            case "OnDelete":
                if (rolling is not null)
                {
                    errors.Invalid($"{field}.rollingUpdate", Shown(rolling), "only allowed for updateStrategy 'RollingUpdate'");
                }

                break;
            case "RollingUpdate":
                errors.NotNegative($"{field}.rollingUpdate.partition", rolling.Whole("partition"));
                break;
            default:
                var shown = new JsonObject { ["Type"] = strategy.Text("type") ?? "", ["RollingUpdate"] = rolling is null ? null : Shown(rolling) };
                errors.Invalid(field, shown, "must be 'RollingUpdate' or 'OnDelete'");
                break;
        }
    }

    private static JsonObject Shown(JsonObject rolling) =>
        new() { ["Partition"] = rolling.Whole("partition") ?? 0, ["MaxUnavailable"] = rolling["maxUnavailable"]?.DeepClone() };
}
