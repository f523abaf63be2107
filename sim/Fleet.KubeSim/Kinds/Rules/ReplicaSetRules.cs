using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>ReplicaSets.</summary>
internal sealed class ReplicaSetRules : KindRules
{
    public override bool HasGeneration => true;

    public override void Default(JsonObject item)
    {
        var spec = item.MapOrNew("spec");
        PodDefaults.Template(spec.Map("template"));
        spec.Fill("replicas", 1);
    }

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var spec = item.Map("spec") ?? [];
        errors.NotNegative("spec.replicas", spec.Whole("replicas"));
        errors.NotNegative("spec.minReadySeconds", spec.Whole("minReadySeconds"));
        PodTemplateValidation.Workload(spec, errors);
        RestartAlways.Check(spec.Map("template"), errors);
        if (old is not null)
        {
            errors.Unchanged("spec.selector", spec["selector"]?.DeepClone(), old.Map("spec")?["selector"]);
        }
    }
}

/// <summary>ReplicationControllers: selector and labels come from the template when left out.</summary>
internal sealed class ReplicationControllerRules : KindRules
{
    public override bool HasGeneration => true;

    public override void Default(JsonObject item)
    {
        var spec = item.MapOrNew("spec");
        PodDefaults.Template(spec.Map("template"));
        if (spec.Map("template").Map("metadata").Map("labels") is { } labels)
        {
            if (Json.IsNullOrEmpty(spec["selector"]))
            {
                spec["selector"] = labels.DeepClone();
            }

            var metadata = item.MapOrNew("metadata");
            if (Json.IsNullOrEmpty(metadata["labels"]))
            {
                metadata["labels"] = labels.DeepClone();
            }
        }

        spec.Fill("replicas", 1);
    }

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var spec = item.Map("spec") ?? [];
        errors.NotNegative("spec.replicas", spec.Whole("replicas"));
        if (Json.IsNullOrEmpty(spec["selector"]))
        {
            errors.Required("spec.selector");
        }

        if (spec.Map("template") is { } template)
        {
            var selector = new JsonObject { ["matchLabels"] = spec["selector"]?.DeepClone() };
            PodTemplateValidation.Template(template, "spec.template", selector, errors);
            RestartAlways.Check(template, errors);
        }
        else
        {
            errors.Required("spec.template");
        }
    }
}

/// <summary>PodTemplates.</summary>
internal sealed class PodTemplateRules : KindRules
{
    public override bool HasGeneration => true;

    public override void Default(JsonObject item) => PodDefaults.Template(item.Map("template"));

    public override bool RaisesGeneration(JsonObject item, JsonObject old) => !Json.Equal(item["template"], old["template"]);

    public override void Validate(JsonObject item, JsonObject? old, Findings errors) =>
        PodTemplateValidation.Template(item.Map("template"), "template", null, errors, matchSelector: false);
}
