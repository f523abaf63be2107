using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Serving;

namespace Fleet.KubeSim.Verbs;

/// <summary>The rules of metadata that hold for every kind.</summary>
internal static class ObjectMetadata
{
    private static readonly string[] ServerOwned = ["uid", "resourceVersion", "creationTimestamp", "generation", "selfLink", "deletionTimestamp", "deletionGracePeriodSeconds"];

    public static void StripServerOwned(JsonObject metadata)
    {
        foreach (var key in ServerOwned)
        {
            metadata.Remove(key);
        }
    }

    /// <summary>Gives an object the namespace of its URL, or refuses one that differs.</summary>
    public static void MatchNamespace(ApiResource resource, string ns, JsonObject metadata)
    {
        var given = (string?)metadata["namespace"] ?? "";
        if (!resource.Namespaced)
        {
            if (given.Length > 0)
            {
                throw ApiException.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
            }

            return;
        }

        if (given.Length > 0 && given != ns)
        {
            throw ApiException.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
        }

        metadata["namespace"] = ns;
    }

    /// <summary>An object without a name takes that of its URL; another name is refused.</summary>
    public static void MatchName(string name, JsonObject metadata)
    {
        var given = (string?)metadata["name"] ?? "";
        if (given.Length == 0)
        {
            metadata["name"] = name;
        }
        else if (given != name)
        {
            throw ApiException.BadRequest($"the name of the object ({given}) does not match the name on the URL ({name})");
        }
    }

    public static IReadOnlyList<string> Finalizers(JsonObject metadata) =>
        [.. (metadata["finalizers"] as JsonArray ?? []).Select(f => (string?)f ?? "")];

    public static void SetFinalizers(JsonObject metadata, IReadOnlyCollection<string> finalizers)
    {
        if (finalizers.Count == 0)
        {
            metadata.Remove("finalizers");
        }
        else
        {
            metadata["finalizers"] = new JsonArray([.. finalizers.Select(f => (JsonNode)f)]);
        }
    }
}
