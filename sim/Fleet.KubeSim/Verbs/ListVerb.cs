using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Hosting;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Serving;
using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.Verbs;

/// <summary>Lists, in pages where a limit is given. A page shows the present state, not that of the first page.</summary>
internal static class ListVerb
{
    public static ObjectList List(ClusterState cluster, ApiResource resource, string ns, ListOptions options)
    {
        var asked = options.Version;
        var (items, version) = cluster.Store.List(resource.Key, ns);
        if (asked > version)
        {
            throw TooLarge(asked, version);
        }

        IEnumerable<StoredObject> selected = items.Where(options.Selects);
        if (options.Continue.Length > 0)
        {
            var start = Decode(options.Continue);
            selected = selected.Where(i => string.CompareOrdinal(Key(i), start) > 0);
        }

        var all = selected.ToArray();
        if (options.Limit <= 0 || all.Length <= options.Limit)
        {
            return new ObjectList(all, Text(version), null, null);
        }

        var page = all[..options.Limit];
        return new ObjectList(page, Text(version), Encode(version, Key(page[^1])), options.SelectsEverything ? all.Length - page.Length : null);
    }

    public static string Text(long version) => version.ToString(CultureInfo.InvariantCulture);

    public static ApiException TooLarge(long asked, long current) => new(
        504,
        "Timeout",
        $"Timeout: Too large resource version: {asked}, current: {current}",
        new JsonObject
        {
            ["causes"] = new JsonArray(new JsonObject { ["reason"] = "ResourceVersionTooLarge", ["message"] = "Too large resource version" }),
            ["retryAfterSeconds"] = 1,
        })
    {
        RetryAfter = 1,
    };

    private static string Key(StoredObject item) => $"{item.Namespace}/{item.Name}";

    private static string Encode(long version, string after) =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes(new JsonObject { ["v"] = "meta.k8s.io/v1", ["rv"] = version, ["start"] = after }.ToJsonString())).TrimEnd('=');

    private static string Decode(string token)
    {
        try
        {
            var padded = token.PadRight(token.Length + ((4 - (token.Length % 4)) % 4), '=');
            return (string?)JsonNode.Parse(Convert.FromBase64String(padded))?["start"] ?? throw new FormatException();
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            throw ApiException.BadRequest("continue key is not valid: illegal base64 data");
        }
    }
}
