using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;

namespace Fleet.KubeSim.Discovery;

/// <summary>Which groups, versions and resources there are, in both forms that clients ask for.</summary>
internal sealed class DiscoveryDocuments(ResourceRegistry registry)
{
    public JsonObject CoreVersions(string address) => new()
    {
        ["kind"] = "APIVersions",
        ["versions"] = new JsonArray("v1"),
        ["serverAddressByClientCIDRs"] = new JsonArray(new JsonObject { ["clientCIDR"] = "0.0.0.0/0", ["serverAddress"] = address }),
    };

    public JsonObject Groups()
    {
        var current = registry.Current;
        return new JsonObject
        {
            ["kind"] = "APIGroupList",
            ["apiVersion"] = "v1",
            ["groups"] = new JsonArray([.. current.Groups.Select(g => Group(current, g, nested: true))]),
        };
    }

    public JsonObject? Group(string group)
    {
        var current = registry.Current;
        return current.Groups.Contains(group) ? Group(current, group, nested: false) : null;
    }

    public JsonObject? Resources(string group, string version)
    {
        var resources = registry.Current.In(group, version);
        if (resources.Count == 0)
        {
            return null;
        }

        var list = new JsonObject { ["kind"] = "APIResourceList" };
        if (group.Length > 0)
        {
            list["apiVersion"] = "v1";
        }

        list["groupVersion"] = resources[0].GroupVersion;
        list["resources"] = new JsonArray([.. resources.SelectMany(Entries)]);
        return list;
    }

    public JsonObject AggregatedCore(string version) => Aggregated(version, [""]);

    public JsonObject AggregatedGroups(string version) => Aggregated(version, registry.Current.Groups);

    private static JsonObject Group(ResourceRegistry.Snapshot current, string group, bool nested)
    {
        var document = new JsonObject();
        if (!nested)
        {
            document["kind"] = "APIGroup";
            document["apiVersion"] = "v1";
        }

        var versions = current.VersionsOf(group);
        document["name"] = group;
        document["versions"] = new JsonArray([.. versions.Select(v => Version(group, v))]);
        document["preferredVersion"] = Version(group, versions[0]);
        return document;
    }

    private static JsonObject Version(string group, string version) => new() { ["groupVersion"] = $"{group}/{version}", ["version"] = version };

    private static IEnumerable<JsonNode> Entries(ApiResource resource)
    {
        var entry = new JsonObject
        {
            ["name"] = resource.Plural,
            ["singularName"] = resource.Singular,
            ["namespaced"] = resource.Namespaced,
            ["kind"] = resource.Kind,
            ["verbs"] = Strings(resource.ListedVerbs),
        };
        if (resource.ShortNames.Count > 0)
        {
            entry["shortNames"] = Strings(resource.ShortNames);
        }

        if (resource.Categories.Count > 0)
        {
            entry["categories"] = Strings(resource.Categories);
        }

        if (!resource.IsVirtual && resource.Allows("watch"))
        {
            entry["storageVersionHash"] = resource.StorageVersionHash;
        }

        yield return entry;
        foreach (var subresource in resource.Subresources)
        {
            var under = new JsonObject { ["name"] = $"{resource.Plural}/{subresource.Name}", ["singularName"] = "", ["namespaced"] = resource.Namespaced };
            if (subresource.Group is not null)
            {
                under["group"] = subresource.Group;
                under["version"] = subresource.Version;
            }

            under["kind"] = subresource.Kind;
            under["verbs"] = Strings(subresource.Verbs);
            yield return under;
        }
    }

    private JsonObject Aggregated(string version, IReadOnlyList<string> groups)
    {
        var current = registry.Current;
        var items = new JsonArray();
        foreach (var group in groups)
        {
            var metadata = new JsonObject { ["creationTimestamp"] = null };
            if (group.Length > 0)
            {
                metadata["name"] = group;
            }

            items.Add(new JsonObject
            {
                ["metadata"] = metadata,
                ["versions"] = new JsonArray([.. current.VersionsOf(group).Select(v => (JsonNode)new JsonObject
                {
                    ["version"] = v,
                    ["resources"] = new JsonArray([.. current.In(group, v).Select(Describe)]),
                    ["freshness"] = "Current",
                })]),
            });
        }

        return new JsonObject
        {
            ["kind"] = "APIGroupDiscoveryList",
            ["apiVersion"] = $"apidiscovery.k8s.io/{version}",
            ["metadata"] = new JsonObject(),
            ["items"] = items,
        };
    }

    private static JsonNode Describe(ApiResource resource)
    {
        var described = new JsonObject
        {
            ["resource"] = resource.Plural,
            ["responseKind"] = Kind(resource.Group, resource.Version, resource.Kind),
            ["scope"] = resource.Namespaced ? "Namespaced" : "Cluster",
            ["singularResource"] = resource.Singular,
            ["verbs"] = Strings(resource.ListedVerbs),
        };
        if (resource.ShortNames.Count > 0)
        {
            described["shortNames"] = Strings(resource.ShortNames);
        }

        if (resource.Categories.Count > 0)
        {
            described["categories"] = Strings(resource.Categories);
        }

        if (resource.Subresources.Count > 0)
        {
            described["subresources"] = new JsonArray([.. resource.Subresources.Select(s => (JsonNode)new JsonObject
            {
                ["subresource"] = s.Name,
                ["responseKind"] = Kind(s.Group ?? resource.Group, s.Version ?? resource.Version, s.Kind),
                ["verbs"] = Strings(s.Verbs),
            })]);
        }

        return described;
    }

    private static JsonObject Kind(string group, string version, string kind) => new() { ["group"] = group, ["version"] = version, ["kind"] = kind };

    private static JsonArray Strings(IReadOnlyList<string> values) => [.. values.Select(v => (JsonNode)v)];
}
