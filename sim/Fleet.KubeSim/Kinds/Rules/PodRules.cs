using System.Text.Json.Nodes;
using Fleet.KubeSim.Fields;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>Pods: pending at first; afterwards little of the spec may change.</summary>
internal sealed class PodRules : KindRules
{
    private static readonly FieldSet StatusResets = FieldSet.Of(
        FieldPath.Of("spec"), FieldPath.Of("metadata", "deletionTimestamp"), FieldPath.Of("metadata", "ownerReferences"));

    private const string Forbidden = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

    private static readonly string[] Mutable = ["activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "schedulingGates"];

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

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var spec = item.Map("spec") ?? [];
        PodTemplateValidation.Spec(spec, "spec", errors);
        if (old?.Map("spec") is { } before)
        {
            var munged = Munged(spec, before);
            if (!Json.Equal(munged, before))
            {
                errors.Forbidden("spec", Forbidden + "\n" + FormDifference.Of(InternalForm.Pod(before), InternalForm.Pod(munged)));
            }
        }
    }

    /// <summary>The new spec with what may change as it was.</summary>
    private static JsonObject Munged(JsonObject spec, JsonObject before)
    {
        var munged = (JsonObject)spec.DeepClone();
        foreach (var field in Mutable)
        {
            Keep(munged, before, field);
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
