using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;

namespace Fleet.KubeSim.Discovery;

/// <summary>The schemas of what is served, as OpenAPI v3 documents by group and version.</summary>
internal sealed class OpenApiDocuments(ResourceRegistry registry)
{
    public JsonObject Index()
    {
        var paths = new JsonObject();
        foreach (var (group, version) in registry.Current.All.Select(r => (r.Group, r.Version)).Distinct())
        {
            var path = Path(group, version);
            paths[path] = new JsonObject { ["serverRelativeURL"] = $"/openapi/v3/{path}?hash={registry.Current.GetHashCode():X8}" };
        }

        return new JsonObject { ["paths"] = paths };
    }

    public JsonObject? Document(string path)
    {
        var resources = registry.Current.All.Where(r => Path(r.Group, r.Version) == path).ToArray();
        return resources.Length == 0 ? null : OpenApiDocument.Of(resources);
    }

    private static string Path(string group, string version) => group.Length == 0 ? $"api/{version}" : $"apis/{group}/{version}";
}
