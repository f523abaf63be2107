using System.Text.Json.Nodes;
using Fleet.KubeSim.Hosting;
using Fleet.KubeSim.Kinds;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Serving;
using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.Verbs;

/// <summary>Creates, changes and deletes objects as the API server's registry does, whoever asks: HTTP, controllers or tests.</summary>
internal sealed partial class ObjectVerbs(ClusterState cluster)
{
    private const int MaximumTries = 100;
    private static readonly ResourceKey Namespaces = new("", "namespaces");

    public StoredObject Get(ApiResource resource, string ns, string name) =>
        cluster.Store.Find(resource.Key, ns, name) ?? throw ApiException.NotFound(resource.Key, name);

    /// <summary>The object in the version of the resource; the caller owns it.</summary>
    public static JsonObject Read(ApiResource resource, StoredObject stored) => VersionConversion.ToServed(resource, stored.ToJson());

    private static JsonObject Metadata(JsonObject content)
    {
        if (content["metadata"] is JsonObject metadata)
        {
            return metadata;
        }

        metadata = [];
        content["metadata"] = metadata;
        return metadata;
    }

    private static void ThrowIfInvalid(ApiResource resource, string name, IReadOnlyList<FieldError> errors)
    {
        if (errors.Count > 0)
        {
            throw ApiException.Invalid(resource.Group, resource.Kind, name, errors);
        }
    }

    /// <summary>Namespaces: a missing one is 404, a terminating one refuses new objects.</summary>
    private void DemandLivingNamespace(ApiResource resource, string ns, string name)
    {
        if (!resource.Namespaced)
        {
            return;
        }

        var found = cluster.Store.Find(Namespaces, "", ns) ?? throw ApiException.NotFound(Namespaces, ns);
        if (found.Terminating)
        {
            var refusal = ApiException.Forbidden(
                resource.Group, resource.Plural, name, $"unable to create new content in namespace {ns} because it is being terminated");
            refusal.Details!["causes"] = new JsonArray(new JsonObject
            {
                ["reason"] = "NamespaceTerminating",
                ["message"] = $"namespace {ns} is being terminated",
                ["field"] = "metadata.namespace",
            });
            throw refusal;
        }
    }
}
