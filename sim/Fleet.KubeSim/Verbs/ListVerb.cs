using System.Globalization;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Hosting;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Serving;
using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.Verbs;

/// <summary>Lists, in pages where a limit is given: every page shows the state at the first one's resourceVersion.</summary>
internal static class ListVerb
{
    public static ObjectList List(ClusterState cluster, ApiResource resource, string ns, ListOptions options)
    {
        var start = options.Continue.Length > 0 ? ContinueToken.Decode(options.Continue) : null;
        if (start is not null && options.ResourceVersion is not ("" or "0"))
        {
            throw ApiException.BadRequest("specifying resource version is not allowed when using continue");
        }

        var (items, version) = Read(cluster.Store, resource, ns, options, start);
        var rest = start is null ? items : [.. items.Where(i => start.IsBefore(ns, i))];

        // A list that may come from any state is never cut into pages.
        var limit = options.ResourceVersion == "0" && start is null ? 0 : options.Limit;
        var page = new List<StoredObject>();
        for (var i = 0; i < rest.Count; i++)
        {
            if (!options.Selects(rest[i]))
            {
                continue;
            }

            page.Add(rest[i]);
            if (limit > 0 && page.Count >= limit)
            {
                // The server does not look whether what follows is selected: with a selector the last page can be empty.
                return i == rest.Count - 1 || options.SelectsOneName
                    ? new ObjectList(page, Text(version), null, null)
                    : new ObjectList(page, Text(version), ContinueToken.After(ns, rest[i], version), options.SelectsEverything ? rest.Count - limit : null);
            }
        }

        return new ObjectList(page, Text(version), null, null);
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

    private static (IReadOnlyList<StoredObject> Items, long Version) Read(
        ObjectStore store, ApiResource resource, string ns, ListOptions options, ContinueToken? start)
    {
        // Without a match rule, a page at a resourceVersion means exactly that one (the rule of old).
        var asked = options.Version;
        var exact = start is not null ? start.Version
            : asked > 0 && (options.Match == "Exact" || (options.Match.Length == 0 && options.Limit > 0)) ? asked : -1;
        var (items, version) = store.List(resource.Key, ns);
        if (Math.Max(asked, exact) > version)
        {
            throw TooLarge(Math.Max(asked, exact), version);
        }

        if (exact < 0)
        {
            return (items, version);
        }

        return store.ListAt(resource.Key, ns, exact) is { } past ? (past, exact)
            : throw (start is null ? ApiException.Expired("The resourceVersion for the provided list is too old.") : start.Expired());
    }
}
