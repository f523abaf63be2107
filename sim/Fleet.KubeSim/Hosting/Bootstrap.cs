using System.Reflection;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Text;

namespace Fleet.KubeSim.Hosting;

/// <summary>Fills a new cluster with what every cluster has: namespaces, bootstrap roles, the kubernetes Service, a node.</summary>
internal static class Bootstrap
{
    private static readonly Lazy<IReadOnlyList<string>> Documents = new(Load);

    public static void Fill(ClusterState cluster)
    {
        foreach (var document in Documents.Value)
        {
            if (YamlText.Parse(document).Root is JsonObject content)
            {
                Add(cluster, content);
            }
        }
    }

    private static void Add(ClusterState cluster, JsonObject content)
    {
        var version = content.Text("apiVersion")!;
        var slash = version.IndexOf('/', StringComparison.Ordinal);
        var resource = cluster.Registry.FindByKind(slash < 0 ? "" : version[..slash], version[(slash + 1)..], content.Text("kind")!)!;
        if (resource.Kind == "Node" && (!cluster.Options.Controllers || !cluster.Options.Kubelet))
        {
            return;
        }

        var decoded = resource.Definition.Decode(content, new DecodeReport());
        var metadata = decoded.MapOrNew("metadata");
        metadata["uid"] = Guid.NewGuid().ToString();
        metadata["creationTimestamp"] = cluster.Now;
        cluster.Store.TryWrite(resource.Key, null, VersionConversion.ToStored(resource, decoded), out _);
    }

    private static IReadOnlyList<string> Load()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("bootstrap.yaml")
            ?? throw new InvalidOperationException("bootstrap.yaml is not embedded in the assembly");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().ReplaceLineEndings("\n").Split("\n---\n", StringSplitOptions.RemoveEmptyEntries);
    }
}
