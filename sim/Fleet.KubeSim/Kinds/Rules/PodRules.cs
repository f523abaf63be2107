using System.Text.Json.Nodes;
using Fleet.KubeSim.Fields;
using Fleet.KubeSim.Kinds.Pods;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>Pods: pending at first; afterwards little of the spec may change.</summary>
internal sealed class PodRules : KindRules
{
    private static readonly FieldSet StatusResets = FieldSet.Of(
        FieldPath.Of("spec"), FieldPath.Of("metadata", "deletionTimestamp"), FieldPath.Of("metadata", "ownerReferences"));

    private const string Forbidden = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

    private static readonly string[] Mutable = ["activeDeadlineSeconds", "tolerations", "schedulingGates"];

    public override bool HasGeneration => true;

    public override void Default(JsonObject item)
    {
        var spec = item.MapOrNew("spec");
        PodDefaults.Spec(spec);
        PodDefaults.PodOnly(spec);
    }

    public override void PrepareForCreate(JsonObject item, bool hasStatus, DateTimeOffset now) =>
        item["status"] = new JsonObject { ["phase"] = "Pending", ["qosClass"] = Quality(item.Map("spec") ?? []) };

    public override void PrepareForStatusUpdate(JsonObject item, JsonObject old, DateTimeOffset now)
    {
        base.PrepareForStatusUpdate(item, old, now);
        var (metadata, before) = (item.MapOrNew("metadata"), old.MapOrNew("metadata"));
        Keep(metadata, before, "deletionTimestamp");
        Keep(metadata, before, "ownerReferences");
        if (item.Map("status") is { } status && old.Map("status")?["qosClass"] is { } quality)
        {
            status.Fill("qosClass", quality.DeepClone());
        }
    }

    public override FieldSet? Resets(string subresource, bool hasStatus) =>
        subresource == "status" ? StatusResets : base.Resets(subresource, hasStatus);

    public override IEnumerable<string> Warnings(JsonObject item, JsonObject? old)
    {
        var known = old is null ? [] : PodWarnings.Spec(old.Map("spec") ?? [], "spec").ToHashSet(StringComparer.Ordinal);
        return PodWarnings.Name(item, old, pod: true).Concat(PodWarnings.Spec(item.Map("spec") ?? [], "spec")).Where(w => !known.Contains(w));
    }

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var spec = item.Map("spec") ?? [];
        var annotations = item.Map("metadata").Map("annotations");
        PodSpecValidation.Annotations(annotations, "metadata.annotations", errors);
        PodSpecValidation.Spec(spec, item.Map("metadata").Text("name") ?? "", "spec", errors);
        ContainerValidation.PodOnly(spec, "spec", errors);
        if (old is not null)
        {
            PodSpecValidation.Annotations(annotations, "metadata.annotations", errors);
            Update(spec, old.Map("spec") ?? [], errors);
            return;
        }

        if (spec.List("ephemeralContainers") is { Count: > 0 })
        {
            errors.Forbidden("spec.ephemeralContainers", "cannot be set on create");
        }

        if (spec.Text("nodeName") is { Length: > 0 } && spec.List("schedulingGates") is { Count: > 0 })
        {
            errors.Forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared");
        }
    }

    private static void Update(JsonObject spec, JsonObject before, Findings errors)
    {
        foreach (var list in (string[])["containers", "initContainers"])
        {
            if (spec.Each(list).Count() != before.Each(list).Count())
            {
                errors.Forbidden($"spec.{list}", "pod updates may not add or remove containers");
                return;
            }

            ContainerImages(spec, list, errors);
        }

        var (deadline, known) = (spec.Whole("activeDeadlineSeconds"), before.Whole("activeDeadlineSeconds"));
        if (deadline is < 0 or > int.MaxValue)
        {
            errors.InRange("spec.activeDeadlineSeconds", deadline, 0, int.MaxValue);
            return;
        }

        if (known < deadline)
        {
            errors.Invalid("spec.activeDeadlineSeconds", deadline, "must be less than or equal to previous value");
            return;
        }

        if (deadline is null && known is not null)
        {
            errors.Invalid("spec.activeDeadlineSeconds", null, "must not update from a positive integer to nil value");
        }

        if (before.Each("tolerations").Any(o => !spec.Each("tolerations").Any(n => SameButSeconds(o, n))))
        {
            errors.Forbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds");
        }
        else
        {
            SchedulingValidation.Tolerations(spec, "spec.tolerations", errors);
        }

        var gates = before.Each("schedulingGates").Select(g => g.Text("name")).ToHashSet(StringComparer.Ordinal);
        var i = 0;
        foreach (var gate in spec.Each("schedulingGates"))
        {
            if (!gates.Contains(gate.Text("name")))
            {
                errors.Forbidden($"spec.schedulingGates[{i}].name", $"only deletion is allowed, but found new scheduling gate '{gate.Text("name")}'");
            }

            i++;
        }

        var munged = Munged(spec, before);
        if (!Json.Equal(munged, before))
        {
            errors.Forbidden("spec", Forbidden + "\n" + FormDifference.Of(InternalForm.Pod(before), InternalForm.Pod(munged)));
        }
    }

    private static void ContainerImages(JsonObject spec, string list, Findings errors)
    {
        var i = 0;
        foreach (var image in spec.Each(list).Select(c => c.Text("image") ?? ""))
        {
            var field = $"spec.{list}[{i++}].image";
            errors.Need(field, image);
            if (image.Trim() != image)
            {
                errors.Invalid(field, image, "must not have leading or trailing whitespace");
            }
        }
    }

    private static bool SameButSeconds(JsonObject old, JsonObject added)
    {
        var clone = (JsonObject)old.DeepClone();
        Keep(clone, added, "tolerationSeconds");
        return Json.Equal(clone, added);
    }

    /// <summary>The new spec with what may change as it was.</summary>
    private static JsonObject Munged(JsonObject spec, JsonObject before)
    {
        var munged = (JsonObject)spec.DeepClone();
        foreach (var field in Mutable)
        {
            Keep(munged, before, field);
        }

        if (before.Whole("terminationGracePeriodSeconds") < 0 && munged.Whole("terminationGracePeriodSeconds") == 1)
        {
            Keep(munged, before, "terminationGracePeriodSeconds");
        }

        foreach (var list in (string[])["containers", "initContainers"])
        {
            foreach (var (container, old) in munged.Each(list).Zip(before.Each(list)))
            {
                Keep(container, old, "image");
            }
        }

        return munged;
    }

    /// <summary>Guaranteed when all containers limit cpu and memory to what they request, BestEffort when none says anything.</summary>
    private static string Quality(JsonObject spec)
    {
        var containers = spec.Each("containers").Concat(spec.Each("initContainers")).Select(c => c.Map("resources")).ToArray();
        static bool Says(JsonObject? resources, string kind) => resources.Map(kind) is { } list && (list["cpu"] is not null || list["memory"] is not null);
        if (!containers.Any(r => Says(r, "limits") || Says(r, "requests")))
        {
            return "BestEffort";
        }

        var guaranteed = containers.All(r => ((string[])["cpu", "memory"]).All(n =>
            r.Map("limits")?[n] is { } limit && Json.Equal(limit, r.Map("requests")?[n] ?? limit)));
        return guaranteed ? "Guaranteed" : "Burstable";
    }
}
