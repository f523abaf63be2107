using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Resources;

/// <summary>Carries objects between the version that is served and the one that is stored.</summary>
internal static class VersionConversion
{
    public static JsonObject ToServed(ApiResource resource, JsonObject content)
    {
        var version = resource.GroupVersion;
        if ((string?)content["apiVersion"] == version)
        {
            return content;
        }

        if (resource is { Kind: "HorizontalPodAutoscaler", Version: "v1" })
        {
            AutoscalerConversion.ToV1(content);
        }

        content["apiVersion"] = version;
        return content;
    }

    /// <summary>Whether the served form of an object is its stored form but for the apiVersion.</summary>
    public static bool DiffersInNameOnly(ApiResource resource) => resource is not { Kind: "HorizontalPodAutoscaler", Version: "v1" };

    /// <summary>Whether the served form of an object is its stored form.</summary>
    public static bool StoresAsServed(ApiResource resource) => resource.Version == resource.StorageVersion;

    /// <summary>A copy in the storage version, with the kind set.</summary>
    public static JsonObject ToStored(ApiResource resource, JsonObject content) => IntoStored(resource, (JsonObject)content.DeepClone());

    /// <summary>The same object, changed in place to the storage version, with the kind set.</summary>
    public static JsonObject IntoStored(ApiResource resource, JsonObject stored)
    {
        if (resource is { Kind: "HorizontalPodAutoscaler", Version: "v1" })
        {
            AutoscalerConversion.ToV2(stored);
        }

        stored["apiVersion"] = resource.Group.Length == 0 ? resource.StorageVersion : $"{resource.Group}/{resource.StorageVersion}";
        stored["kind"] = resource.Kind;
        return resource.IsCustom ? stored : (JsonObject)DeclaredOrder.Of(resource.Definition.Schema, stored);
    }
}
