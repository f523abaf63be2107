using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>StatefulSets: most of the spec may never change.</summary>
internal sealed class StatefulSetRules : KindRules
{
    private static readonly string[] Mutable =
        ["replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit", "persistentVolumeClaimRetentionPolicy", "minReadySeconds"];

    public override bool HasGeneration => true;

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

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var spec = item.Map("spec") ?? [];
        errors.OneOf("spec.podManagementPolicy", spec.Text("podManagementPolicy") ?? "", "OrderedReady", "Parallel");
        errors.OneOf("spec.updateStrategy.type", spec.Map("updateStrategy").Text("type") ?? "", "OnDelete", "RollingUpdate");
        errors.NotNegative("spec.replicas", spec.Whole("replicas"));
        // The server does not look into the pods of a StatefulSet, whose volumes come from its claims.
        PodTemplateValidation.Workload(spec, errors, podSpec: false);
        RestartAlways.Check(spec.Map("template"), errors);
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
}
