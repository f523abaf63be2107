using Fleet.KubeSim.Fields;
using Fleet.KubeSim.Hosting;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Serving;

namespace Fleet.KubeSim.Verbs;

/// <summary>PATCH in its four forms: server-side apply, merge, strategic merge and JSON patch.</summary>
internal static class PatchVerb
{
    private const string ApplyYaml = "application/apply-patch+yaml";

    /// <summary>The object after the patch, and whether it is new.</summary>
    public static (WrittenObject Object, bool Created) Patch(ClusterState cluster, ApiCall call, ApiResource resource, string ns, string name, string subresource)
    {
        if (call.ContentType is not (ApplyYaml or PatchBody.Merge or PatchBody.Strategic or PatchBody.Operations) || (resource.IsCustom && call.ContentType == PatchBody.Strategic))
        {
            throw resource.IsCustom && call.ContentType == PatchBody.Strategic
                ? new ApiException(
                    415,
                    "UnsupportedMediaType",
                    "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml")
                : new ApiException(415, "UnsupportedMediaType", "415: Unsupported Media Type", []);
        }

        var options = WriteOptions.Parse(call, "PatchOptions", call.ContentType == ApplyYaml);
        if (call.ContentType == ApplyYaml)
        {
            return ApplyVerb.Apply(cluster, call, resource, ns, name, subresource, options);
        }

        var patch = PatchBody.Read(call);
        var result = cluster.Objects.Update(
            resource,
            ns,
            name,
            live =>
            {
                var patched = PatchBody.Apply(call.ContentType, resource.Definition.Schema, live, patch);
                patched = PatchBody.Decode(call.ContentType, resource, patched, patch, options);
                var metadata = patched.MapOrNew("metadata");
                ObjectMetadata.MatchName(name, metadata);
                ObjectMetadata.MatchNamespace(resource, ns, metadata);
                return ManagedFields.Update(resource.Definition.Write(options.Manager, subresource, cluster.Time.GetUtcNow()), live, patched);
            },
            subresource,
            options);
        return (result, false);
    }
}
