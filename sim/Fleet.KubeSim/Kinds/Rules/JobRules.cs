using System.Text.Json.Nodes;
using Fleet.KubeSim.Kinds.Pods;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>Jobs, after apis/batch/validation/validation.go: selector and labels are generated from the uid, the template is immutable.</summary>
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

    public override bool ChecksMetadataOnUpdate => false;

    public override IEnumerable<string> Warnings(JsonObject item, JsonObject? old) =>
        [.. PodWarnings.Name(item, old, pod: false), .. PodWarnings.Template(item.Map("spec").Map("template"), old?.Map("spec").Map("template"), "spec.template")];

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var spec = item.Map("spec") ?? [];
        if (old is null)
        {
            Generated(item, spec, errors);
        }

        Spec(spec, "spec", errors);
        var selector = spec.Map("selector");
        if (selector is null)
        {
            errors.Required("spec.selector");
        }

        LabelSelectors.Validate(selector, "spec.selector", errors);
        if (selector is not null && PodTemplateValidation.Readable(selector) && !LabelSelectors.IsEmpty(selector))
        {
            PodTemplateValidation.Matches(selector, spec.Map("template"), "spec.template", errors);
        }

        if (old is not null)
        {
            Update(spec, old, errors);
            return;
        }

        // Pods of indexed Jobs get the index appended to their host names.
        var name = item.Map("metadata").Text("name") ?? "";
        if (spec.Text("completionMode") == "Indexed" && spec.Whole("completions") is > 0 and var count && Names.Label($"{name}-{count - 1}") is { Count: > 0 })
        {
            errors.Invalid("metadata.name", name, $"will not able to create pod with invalid DNS label: {name}-{count - 1}");
        }
    }

    /// <summary>The spec of a Job, also in a CronJob.</summary>
    public static void Spec(JsonObject spec, string field, Findings errors)
    {
        foreach (var count in (string[])["parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished", "backoffLimitPerIndex", "maxFailedIndexes"])
        {
            errors.NotNegative($"{field}.{count}", spec.Whole(count));
        }

        if (spec["maxFailedIndexes"] is not null && spec["backoffLimitPerIndex"] is null)
        {
            errors.Required($"{field}.backoffLimitPerIndex", "when maxFailedIndexes is specified");
        }

        JobIndexes.Validate(spec, field, errors);
        JobPolicies.Failure(spec, $"{field}.podFailurePolicy", errors);
        if (spec.Map("successPolicy") is not null)
        {
            JobPolicies.Success(spec, $"{field}.successPolicy", errors);
        }

        if (spec.Text("podReplacementPolicy") is { } replacement)
        {
            errors.OneOf($"{field}.podReplacementPolicy", replacement, spec["podFailurePolicy"] is null ? ["Failed", "TerminatingOrFailed"] : ["Failed"]);
        }

        PodSpecValidation.Template(spec.Map("template"), $"{field}.template", errors);
        var policy = spec.Map("template").Map("spec").Text("restartPolicy");
        if (policy is null or "" or "Always")
        {
            errors.Required($"{field}.template.spec.restartPolicy", "valid values: \"OnFailure\", \"Never\"");
        }
        else if (policy is not ("OnFailure" or "Never"))
        {
            errors.OneOf($"{field}.template.spec.restartPolicy", policy, "OnFailure", "Never");
        }
        else if (spec["podFailurePolicy"] is not null && policy != "Never")
        {
            errors.Invalid($"{field}.template.spec.restartPolicy", policy, "only \"Never\" is supported when podFailurePolicy is specified");
        }
    }

    /// <summary>The labels that the server gives must not be others'.</summary>
    private static void Generated(JsonObject item, JsonObject spec, Findings errors)
    {
        if (spec.Flag("manualSelector") || spec.Map("selector") is not { } selector)
        {
            return;
        }

        var (uid, name) = (item.Map("metadata").Text("uid") ?? "", item.Map("metadata").Text("name") ?? "");
        var expected = new JsonObject
        {
            ["controller-uid"] = uid, ["job-name"] = name, ["batch.kubernetes.io/controller-uid"] = uid, ["batch.kubernetes.io/job-name"] = name,
        };
        var labels = spec.Map("template").Map("metadata").Map("labels");
        foreach (var (key, value) in expected)
        {
            var wanted = Json.TextOf(value)!;
            if (labels.Text(key) is not { } label)
            {
                errors.Required($"spec.template.metadata.labels[{key}]", $"must be '{wanted}'");
            }
            else if (label != wanted)
            {
                errors.Invalid($"spec.template.metadata.labels[{key}]", labels, $"must be '{wanted}'");
            }
        }

        if (PodTemplateValidation.Readable(selector) && !LabelSelectors.Selects(selector, expected))
        {
            errors.Invalid("spec.selector", selector, "`selector` not auto-generated");
        }
    }

    private static void Update(JsonObject spec, JsonObject old, Findings errors)
    {
        var before = old.Map("spec") ?? [];
        if (spec.Text("completionMode") != "Indexed")
        {
            errors.Unchanged("spec.completions", spec["completions"], before["completions"]);
        }
        else if (!Json.Equal(spec["completions"], before["completions"])
            && (!Json.Equal(spec["completions"], spec["parallelism"]) || !Json.Equal(before["completions"], before["parallelism"])))
        {
            errors.Invalid("spec.completions", spec["completions"], "can only be modified in tandem with spec.parallelism");
        }

        errors.Unchanged("spec.selector", spec["selector"], before["selector"]);
        if (!Json.Equal(spec["template"], before["template"]) && !(before.Flag("suspend") && old.Map("status")?["startTime"] is null))
        {
            errors.Add(FieldError.InvalidRaw("spec.template", Json.Encode(InternalForm.PodTemplate(spec.Map("template") ?? [])), "field is immutable"));
        }

        foreach (var field in (string[])["completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy"])
        {
            var shown = spec.Map(field) is { } map ? InternalForm.Struct(TypeTable.Type($"batch/v1.{char.ToUpperInvariant(field[0])}{field[1..]}"), map) : spec[field];
            if (!Json.Equal(spec[field], before[field]))
            {
                errors.Invalid($"spec.{field}", shown, "field is immutable");
            }
        }
    }
}
