using System.Text.Json.Nodes;
using Fleet.KubeSim.Kinds.Pods;
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

    public override bool ChecksMetadataOnUpdate => false;

    public override IEnumerable<string> Warnings(JsonObject item, JsonObject? old) =>
        [.. PodWarnings.Name(item, old, pod: false), .. PodWarnings.Template(item.Map("spec").Map("template"), old?.Map("spec").Map("template"), "spec.template")];

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var spec = item.Map("spec") ?? [];
        errors.NotNegative("spec.replicas", spec.Whole("replicas"));
        errors.NotNegative("spec.minReadySeconds", spec.Whole("minReadySeconds"));

        // The words of a Deployment: the server's own copy.
        PodTemplateValidation.Selector(spec, "empty selector is invalid for deployment", errors);
        Template(spec, errors);
        if (old is not null)
        {
            errors.Unchanged("spec.selector", spec["selector"], old.Map("spec")?["selector"]);
        }
    }

    /// <summary>The template of a ReplicaSet, and of a Deployment.</summary>
    public static void Template(JsonObject spec, Findings errors)
    {
        var (selector, template) = (spec.Map("selector"), spec.Map("template"));
        if (!PodTemplateValidation.Readable(selector))
        {
            errors.Invalid("spec.selector", selector, "invalid label selector");
            return;
        }

        PodTemplateValidation.Matches(selector, template, "spec.template", errors);
        PodSpecValidation.Template(template, "spec.template", errors);
        PodTemplateValidation.KeepsRunning(template, "activeDeadlineSeconds in ReplicaSet is not Supported", errors);
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

    public override bool ChecksMetadataOnUpdate => false;

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var spec = item.Map("spec") ?? [];
        errors.NotNegative("spec.minReadySeconds", spec.Whole("minReadySeconds"));
        if (Json.IsNullOrEmpty(spec["selector"]))
        {
            errors.Required("spec.selector");
        }

        errors.NotNegative("spec.replicas", spec.Whole("replicas"));
        if (spec.Map("template") is { } template)
        {
            var selector = new JsonObject { ["matchLabels"] = spec["selector"]?.DeepClone() };
            PodTemplateValidation.Matches(selector, template, "spec.template", errors);
            PodSpecValidation.Template(template, "spec.template", errors);
            PodTemplateValidation.KeepsRunning(template, "activeDeadlineSeconds in ReplicationController is not Supported", errors);
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

    public override bool ChecksMetadataOnUpdate => false;

    public override bool RaisesGeneration(JsonObject item, JsonObject old) => !Json.Equal(item["template"], old["template"]);

    public override void Validate(JsonObject item, JsonObject? old, Findings errors) =>
        PodSpecValidation.Template(item.Map("template"), "template", errors);
}
