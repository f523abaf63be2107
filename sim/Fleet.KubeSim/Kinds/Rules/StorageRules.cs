using System.Text.Json.Nodes;
using Fleet.KubeSim.Fields;
using Fleet.KubeSim.Kinds.Storage;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>PersistentVolumeClaims: pending at first, protected while in use, hardly mutable.</summary>
internal sealed class PersistentVolumeClaimRules : KindRules
{
    private const string Protection = "kubernetes.io/pvc-protection";

    public override void Default(JsonObject item)
    {
        item.MapOrNew("spec").Fill("volumeMode", "Filesystem");
        item.MapOrNew("status").FillText("phase", "Pending");
    }

    public override void PrepareForCreate(JsonObject item, bool hasStatus, DateTimeOffset now)
    {
        item["status"] = new JsonObject { ["phase"] = "Pending" };
        Finalizer.Add(item, Protection);
    }

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var spec = item.Map("spec") ?? [];
        ClaimValidation.Spec(spec, "spec", errors);
        if (old?.Map("spec") is { } before)
        {
            var munged = Munged(spec, before, old.Map("status").Text("phase") == "Bound");
            if (!Json.Equal(munged, before))
            {
                var type = TypeTable.Type("core/v1.PersistentVolumeClaimSpec");
                var difference = FormDifference.Of(InternalForm.Struct(type, before), InternalForm.Struct(type, munged));
                errors.Forbidden("spec", $"spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n{difference}");
            }

            var (wanted, had) = (Storage(spec), Storage(before));
            if (wanted < had && wanted <= (Quantity.Nanos(old.Map("status").Map("capacity").Text("storage")) ?? 0))
            {
                errors.Forbidden("spec.resources.requests.storage", "field can not be less than status.capacity");
            }

            errors.Unchanged("volumeMode", spec["volumeMode"], before["volumeMode"]);
            if (before["volumeAttributesClassName"] is not null && string.IsNullOrEmpty(spec.Text("volumeAttributesClassName")))
            {
                errors.Forbidden("spec.volumeAttributesClassName", spec["volumeAttributesClassName"] is null
                    ? "update from non-nil value to nil is forbidden"
                    : "update from non-nil value to an empty string is forbidden");
            }
        }
    }

    private static System.Numerics.BigInteger Storage(JsonObject spec) => Quantity.Nanos(spec.Map("resources").Map("requests").Text("storage")) ?? 0;

    /// <summary>The new spec with what may change as it was: the binding once, and requests.</summary>
    private static JsonObject Munged(JsonObject spec, JsonObject before, bool bound)
    {
        var munged = (JsonObject)spec.DeepClone();
        if (bound && munged["volumeAttributesClassName"] is not null)
        {
            Keep(munged, before, "volumeAttributesClassName");
        }

        if (bound && munged.Map("resources").Map("requests") is { } requests)
        {
            Keep(requests, before.Map("resources").Map("requests") ?? [], "storage");
        }

        if (string.IsNullOrEmpty(before.Text("volumeName")))
        {
            munged.Remove("volumeName");
        }

        if (before["storageClassName"] is null)
        {
            munged.Remove("storageClassName");
        }

        return munged;
    }
}

/// <summary>PersistentVolumes.</summary>
internal sealed class PersistentVolumeRules : KindRules
{
    private const string Protection = "kubernetes.io/pv-protection";

    public override void Default(JsonObject item)
    {
        var spec = item.MapOrNew("spec");
        spec.FillText("persistentVolumeReclaimPolicy", "Retain");
        spec.Fill("volumeMode", "Filesystem");
        spec.Map("hostPath")?.Fill("type", "");
        item.MapOrNew("status").FillText("phase", "Pending");
    }

    public override void PrepareForCreate(JsonObject item, bool hasStatus, DateTimeOffset now)
    {
        item["status"] = new JsonObject { ["phase"] = "Pending", ["lastPhaseTransitionTime"] = ManagedEntries.Stamp(now) };
        Finalizer.Add(item, Protection);
    }

    public override void PrepareForStatusUpdate(JsonObject item, JsonObject old, DateTimeOffset now)
    {
        base.PrepareForStatusUpdate(item, old, now);
        if (item.Map("status") is { } status && status.Text("phase") != old.Map("status").Text("phase"))
        {
            status["lastPhaseTransitionTime"] = ManagedEntries.Stamp(now);
        }
    }

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        VolumeSpecValidation.Validate(item.Map("spec") ?? [], "spec", errors);
        if (old?.Map("spec") is { } before)
        {
            VolumeSpecValidation.Update(item.Map("spec") ?? [], before, errors);
        }
    }
}

/// <summary>StorageClasses: almost all of it is fixed.</summary>
internal sealed class StorageClassRules : KindRules
{
    public override void Default(JsonObject item)
    {
        item.Fill("reclaimPolicy", "Delete");
        item.Fill("volumeBindingMode", "Immediate");
    }

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        if (string.IsNullOrEmpty(item.Text("provisioner")))
        {
            errors.Required("provisioner", item.Text("provisioner") ?? "");
        }

        errors.OneOf("reclaimPolicy", item.Text("reclaimPolicy") ?? "", "Delete", "Retain");
        errors.OneOf("volumeBindingMode", item.Text("volumeBindingMode") ?? "", "Immediate", "WaitForFirstConsumer");
        if (old is null)
        {
            return;
        }

        if (!Json.Equal(item["parameters"], old["parameters"]))
        {
            errors.Forbidden("parameters", "updates to parameters are forbidden.");
        }

        if (item.Text("provisioner") != old.Text("provisioner"))
        {
            errors.Forbidden("provisioner", "updates to provisioner are forbidden.");
        }

        if (item.Text("reclaimPolicy") != old.Text("reclaimPolicy"))
        {
            errors.Forbidden("reclaimPolicy", "updates to reclaimPolicy are forbidden.");
        }

        errors.Unchanged("volumeBindingMode", item["volumeBindingMode"]?.DeepClone(), old["volumeBindingMode"]);
    }
}

/// <summary>CSIDrivers.</summary>
internal sealed class CsiDriverRules : KindRules
{
    public override void Default(JsonObject item)
    {
        var spec = item.MapOrNew("spec");
        spec.Fill("attachRequired", true);
        spec.Fill("podInfoOnMount", false);
        spec.Fill("storageCapacity", false);
        spec.Fill("fsGroupPolicy", "ReadWriteOnceWithFSType");
        spec.Fill("volumeLifecycleModes", new JsonArray("Persistent"));
        spec.Fill("requiresRepublish", false);
        spec.Fill("seLinuxMount", false);
    }
}

/// <summary>Finalizers that the server adds on its own.</summary>
internal static class Finalizer
{
    public static void Add(JsonObject item, string finalizer)
    {
        var metadata = item.MapOrNew("metadata");
        var finalizers = metadata.List("finalizers") ?? [];
        if (!finalizers.Any(f => Json.TextOf(f) == finalizer))
        {
            metadata["finalizers"] = new JsonArray([.. finalizers.Select(f => f?.DeepClone()), finalizer]);
        }
    }
}
