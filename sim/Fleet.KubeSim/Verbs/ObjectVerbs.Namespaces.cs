using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Serving;
using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.Verbs;

internal sealed partial class ObjectVerbs
{
    /// <summary>Sets a namespace's own finalizers; without any, a terminating namespace is gone.</summary>
    public JsonObject SetNamespaceFinalizers(ApiResource resource, string name, JsonArray? finalizers)
    {
        for (var tries = 0; tries < MaximumTries; tries++)
        {
            var stored = Get(resource, "", name);
            var content = stored.ToJson();
            var spec = new JsonObject();
            if (finalizers is { Count: > 0 })
            {
                spec["finalizers"] = finalizers.DeepClone();
            }

            content["spec"] = spec;
            var ends = stored.Terminating && finalizers is not { Count: > 0 } && ObjectMetadata.Finalizers(Metadata(content)).Count == 0;
            if (ends)
            {
                // The write becomes the deletion: watches see the namespace as it was stored, the caller as he wanted it.
                if (cluster.Store.TryRemove(stored, stored.ToJson(), out _) == WriteResult.Written)
                {
                    return VersionConversion.ToServed(resource, content);
                }
            }
            else if (cluster.Store.TryWrite(resource.Key, stored, content, out var written) == WriteResult.Written)
            {
                return Read(resource, written!);
            }
        }

        throw ApiException.Modified(resource.Key, name);
    }
}
