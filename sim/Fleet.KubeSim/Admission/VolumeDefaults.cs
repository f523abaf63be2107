using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.Admission;

/// <summary>What the plugins StorageObjectInUseProtection and DefaultStorageClass make of new claims and volumes.</summary>
internal static class VolumeDefaults
{
    private const string DefaultAnnotation = "storageclass.kubernetes.io/is-default-class";
    private static readonly ResourceKey StorageClasses = new("storage.k8s.io", "storageclasses");

    public static void Protect(JsonObject content, string finalizer)
    {
        var metadata = content.MapOrNew("metadata");
        var finalizers = metadata.List("finalizers") ?? [];
        if (finalizers.Any(f => Json.TextOf(f) == finalizer))
        {
            return;
        }

        finalizers.Add(finalizer);
        if (finalizers.Parent is null)
        {
            metadata["finalizers"] = finalizers;
        }
    }

    public static void ChooseClass(JsonObject claim, ObjectStore store)
    {
        var spec = claim.MapOrNew("spec");
        if (spec.ContainsKey("storageClassName"))
        {
            return;
        }

        var chosen = store.List(StorageClasses).Items
            .FirstOrDefault(c => c.ToJson().Map("metadata").Map("annotations").Text(DefaultAnnotation) == "true");
        if (chosen is not null)
        {
            spec["storageClassName"] = chosen.Name;
        }
    }
}
