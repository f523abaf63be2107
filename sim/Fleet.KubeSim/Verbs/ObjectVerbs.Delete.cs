using System.Globalization;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Hosting;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Serving;
using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.Verbs;

/// <summary>What a deletion came to: the object as it is now, and whether it is gone.</summary>
internal sealed record Deletion(JsonObject Object, bool Gone);

internal sealed partial class ObjectVerbs
{
    private const string ForegroundFinalizer = "foregroundDeletion";
    internal const string CleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io";
    private const string OrphanFinalizer = "orphan";

    public Deletion Delete(ApiResource resource, string ns, string name, DeleteOptions options)
    {
        if (resource is { Kind: "Namespace", Group: "" } && name is "default" or "kube-system" or "kube-public")
        {
            throw ApiException.Forbidden("", "namespaces", name, "this namespace may not be deleted");
        }

        for (var tries = 0; tries < MaximumTries; tries++)
        {
            var stored = Get(resource, ns, name);
            CheckPreconditions(resource, stored, options);
            cluster.Admission.AdmitDeletion(resource, stored, options);
            if (TryDelete(resource, stored, options) is { } deletion)
            {
                return deletion;
            }
        }

        throw ApiException.Modified(resource.Key, name);
    }

    /// <summary>Deletes what a list selects and returns it as it was listed.</summary>
    public IReadOnlyList<StoredObject> DeleteCollection(ApiResource resource, string ns, ListOptions selection, DeleteOptions options)
    {
        var selected = cluster.Store.List(resource.Key, ns).Items.Where(selection.Selects).ToArray();
        foreach (var item in selected)
        {
            try
            {
                Delete(resource, item.Namespace, item.Name, options with { Uid = null });
            }
            catch (ApiException e) when (e.Code == 404)
            {
                // Someone else deleted it first, which is what was wanted.
            }
        }

        return selected;
    }

    private static void CheckPreconditions(ApiResource resource, StoredObject stored, DeleteOptions options)
    {
        // These messages name the kind where others name the resource: seen in the recordings.
        var kind = new ResourceKey(resource.Group, resource.Kind);
        if (options.Uid is { } uid && uid != stored.Uid)
        {
            throw ApiException.Conflict(
                kind,
                stored.Name,
                $"the UID in the precondition ({uid}) does not match the UID in record ({stored.Uid}). The object might have been deleted and then recreated");
        }

        if (options.ResourceVersion is { } version && version != stored.ResourceVersion.ToString(CultureInfo.InvariantCulture))
        {
            throw ApiException.Conflict(
                kind,
                stored.Name,
                $"the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record ({stored.ResourceVersion}). The object might have been modified");
        }
    }

    private Deletion? TryDelete(ApiResource resource, StoredObject stored, DeleteOptions options)
    {
        var content = stored.ToJson();
        var metadata = Metadata(content);
        var finalizers = WantedFinalizers(resource, ObjectMetadata.Finalizers(metadata), options.Propagation);
        ObjectMetadata.SetFinalizers(metadata, finalizers);
        var grace = GracePeriod.Of(resource, content, options.GracePeriod);
        var stays = finalizers.Count > 0 || grace > 0 || NamespaceFinalization.Blocks(resource, content);
        if (!stays)
        {
            if (options.DryRun)
            {
                return new Deletion(VersionConversion.ToServed(resource, content), Gone: true);
            }

            return cluster.Store.TryRemove(stored, content, out var removed) == WriteResult.Written
                ? new Deletion(Read(resource, removed!), Gone: true)
                : null;
        }

        MarkTerminating(resource, content, metadata, grace);
        if (options.DryRun || Schema.Json.Equal(content, stored.ToJson()))
        {
            return new Deletion(VersionConversion.ToServed(resource, content), Gone: false);
        }

        return cluster.Store.TryWrite(resource.Key, stored, content, out var written) == WriteResult.Written
            ? new Deletion(Read(resource, written!), Gone: false)
            : null;
    }

    private void MarkTerminating(ApiResource resource, JsonObject content, JsonObject metadata, long grace)
    {
        if (metadata["deletionTimestamp"] is not null)
        {
            if (metadata["deletionGracePeriodSeconds"] is JsonValue value && Schema.Json.TryWhole(value, out var before) && grace < before)
            {
                metadata["deletionGracePeriodSeconds"] = grace;
                metadata["deletionTimestamp"] = ClusterState.Timestamp(cluster.Time.GetUtcNow().AddSeconds(grace));
            }

            return;
        }

        metadata["deletionTimestamp"] = ClusterState.Timestamp(cluster.Time.GetUtcNow().AddSeconds(grace));
        if (resource is { Kind: "Namespace", Group: "" })
        {
            content["status"] = new JsonObject { ["phase"] = "Terminating" };
            return;
        }

        metadata["deletionGracePeriodSeconds"] = grace;
        if (Generation(metadata) is > 0 and var generation)
        {
            metadata["generation"] = generation + 1;
        }
    }

    /// <summary>How the propagation policy shows in the finalizers that the garbage collector works on.</summary>
    private static IReadOnlyList<string> WantedFinalizers(ApiResource resource, IReadOnlyList<string> present, Propagation propagation)
    {
        var wanted = present.ToList();
        if (resource is { Kind: "CustomResourceDefinition", Group: "apiextensions.k8s.io" } && !wanted.Contains(CleanupFinalizer))
        {
            // The custom resources go first; DefinitionController lets go of the definition then.
            wanted.Add(CleanupFinalizer);
        }

        if (propagation == Propagation.Default)
        {
            if (present.Contains(ForegroundFinalizer) || present.Contains(OrphanFinalizer))
            {
                return wanted;
            }

            // Jobs and ReplicationControllers leave their pods behind unless told otherwise.
            propagation = resource is { Kind: "Job", Group: "batch" } or { Kind: "ReplicationController", Group: "" } ? Propagation.Orphan : Propagation.Background;
        }

        Set(ForegroundFinalizer, propagation == Propagation.Foreground);
        Set(OrphanFinalizer, propagation == Propagation.Orphan);
        return wanted;

        void Set(string finalizer, bool present)
        {
            if (!present)
            {
                wanted.Remove(finalizer);
            }
            else if (!wanted.Contains(finalizer))
            {
                wanted.Add(finalizer);
            }
        }
    }
}
