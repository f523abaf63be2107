using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>Jobs: selector and labels are generated from the uid, the template is immutable.</summary>
internal sealed class JobRules : KindRules
{
    public override bool HasGeneration => true;

    public override void Default(JsonObject item)
    {
        var spec = item.MapOrNew("spec");
        PodDefaults.Template(spec.Map("template"));
        if (spec["completions"] is null && spec["parallelism"] is null)
        {
            spec["completions"] = 1;
            spec["parallelism"] = 1;
        }

        spec.Fill("parallelism", 1);
        if (spec["backoffLimit"] is null)
        {
            spec["backoffLimit"] = spec["backoffLimitPerIndex"] is null ? 6 : int.MaxValue;
        }

        spec.FillText("completionMode", "NonIndexed");
        spec.Fill("suspend", false);
        spec.Fill("manualSelector", false);
        spec.FillText("podReplacementPolicy", spec["podFailurePolicy"] is null ? "TerminatingOrFailed" : "Failed");
        foreach (var rule in spec.Map("podFailurePolicy").Each("rules"))
        {
            foreach (var condition in rule.Each("onPodConditions"))
            {
                condition.FillText("status", "True");
            }
        }

        // The labels of the Job itself come from its template when it has none.
        var metadata = item.MapOrNew("metadata");
        if (Json.IsNullOrEmpty(metadata["labels"]) && spec.Map("template").Map("metadata").Map("labels") is { Count: > 0 } labels)
        {
            metadata["labels"] = labels.DeepClone();
        }
    }

    public override void PrepareForCreate(JsonObject item, bool hasStatus, DateTimeOffset now)
    {
        base.PrepareForCreate(item, hasStatus, now);
        var (metadata, spec) = (item.MapOrNew("metadata"), item.MapOrNew("spec"));
        if (spec.Flag("manualSelector") || metadata.Text("uid") is not { Length: > 0 } uid)
        {
            return;
        }

        var name = metadata.Text("name") ?? "";
        var labels = spec.MapOrNew("template").MapOrNew("metadata").MapOrNew("labels");
        foreach (var (key, value) in ((string, string)[])
            [("batch.kubernetes.io/controller-uid", uid), ("batch.kubernetes.io/job-name", name), ("controller-uid", uid), ("job-name", name)])
        {
            labels[key] = value;
        }

        if (Json.IsNullOrEmpty(metadata["labels"]))
        {
            metadata["labels"] = labels.DeepClone();
        }

        spec.MapOrNew("selector").MapOrNew("matchLabels")["batch.kubernetes.io/controller-uid"] = uid;
    }

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var spec = item.Map("spec") ?? [];
        foreach (var count in (string[])["parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished"])
        {
            errors.NotNegative($"spec.{count}", spec.Whole(count));
        }

        Template(spec.Map("template"), "spec.template", errors);
        if (old is null)
        {
            return;
        }

        var before = old.Map("spec") ?? [];
        if (spec.Text("completionMode") != "Indexed")
        {
            errors.Unchanged("spec.completions", spec["completions"]?.DeepClone(), before["completions"]);
        }

        errors.Unchanged("spec.selector", spec["selector"]?.DeepClone(), before["selector"]);
        if (!Json.Equal(spec["template"], before["template"]) && !(before.Flag("suspend") && old.Map("status")?["startTime"] is null))
        {
            errors.Add(FieldError.InvalidRaw("spec.template", Json.Encode(InternalForm.PodTemplate(spec.Map("template") ?? [])), "field is immutable"));
        }

        errors.Unchanged("spec.completionMode", spec["completionMode"]?.DeepClone(), before["completionMode"]);
        errors.Unchanged("spec.podFailurePolicy", spec["podFailurePolicy"]?.DeepClone(), before["podFailurePolicy"]);
        errors.Unchanged("spec.backoffLimitPerIndex", spec["backoffLimitPerIndex"]?.DeepClone(), before["backoffLimitPerIndex"]);
    }

    /// <summary>What the pods of a Job and of a CronJob's Jobs must be.</summary>
    public static void Template(JsonObject? template, string field, Findings errors)
    {
        PodTemplateValidation.Template(template, field, null, errors, matchSelector: false);
        var policy = template.Map("spec").Text("restartPolicy");
        if (policy == "Always")
        {
            errors.Required($"{field}.spec.restartPolicy", "valid values: \"OnFailure\", \"Never\"");
        }
    }
}
