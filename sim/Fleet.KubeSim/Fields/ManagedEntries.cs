using System.Globalization;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Fields;

/// <summary>Who owns fields: appliers are the same through all versions, updaters are told apart by version.</summary>
internal readonly record struct ManagerKey(string Manager, bool Applied, string ApiVersion, string Subresource)
{
    /// <summary>What managers are sorted by in conflict messages: the server's own JSON form of this key, which leaves out what is empty.</summary>
    public string SortText
    {
        get
        {
            var text = new JsonObject();
            foreach (var (name, value) in new[] { ("manager", Manager), ("operation", Applied ? "Apply" : "Update"), ("apiVersion", ApiVersion), ("subresource", Subresource) })
            {
                if (value.Length > 0)
                {
                    text[name] = value;
                }
            }

            return Json.Encode(text);
        }
    }

    public static ManagerKey Applier(string manager, string subresource) => new(manager, true, "", subresource);

    public static ManagerKey Updater(string manager, string apiVersion, string subresource) => new(manager, false, apiVersion, subresource);

    /// <summary>As conflict messages name it.</summary>
    public override string ToString() =>
        GoText.Quote(Manager) + (Subresource.Length > 0 ? $" with subresource {GoText.Quote(Subresource)}" : "") + (Applied ? "" : $" using {ApiVersion}");
}

/// <summary>What one manager owns, in which version's terms, and since when.</summary>
internal readonly record struct OwnedFields(FieldSet Set, string ApiVersion, string? Time);

/// <summary>The managedFields of an object, decoded.</summary>
internal sealed class ManagedEntries
{
    public Dictionary<ManagerKey, OwnedFields> Owners { get; } = [];

    /// <summary>Decodes metadata.managedFields; null when an entry is malformed.</summary>
    public static ManagedEntries? Decode(JsonArray? entries)
    {
        var managed = new ManagedEntries();
        foreach (var item in entries ?? [])
        {
            if (item is not JsonObject entry)
            {
                return null;
            }

            var operation = entry.Text("operation");
            var apiVersion = entry.Text("apiVersion");
            if (operation is not ("Apply" or "Update") || string.IsNullOrEmpty(apiVersion) || entry.Text("fieldsType") != "FieldsV1"
                || FieldSet.Parse(entry["fieldsV1"]) is not { } set)
            {
                return null;
            }

            var applied = operation == "Apply";
            var key = new ManagerKey(entry.Text("manager") ?? "", applied, applied ? "" : apiVersion, entry.Text("subresource") ?? "");
            managed.Owners[key] = new OwnedFields(set, apiVersion, entry.Text("time"));
        }

        return managed;
    }

    /// <summary>Whether the list asks to forget all ownership: empty, or one empty entry.</summary>
    public static bool IsReset(JsonNode? entries) =>
        entries is JsonArray { Count: 0 } || (entries is JsonArray { Count: 1 } one && one[0] is JsonObject { Count: 0 });

    /// <summary>Writes metadata.managedFields: appliers first, then by time in whole seconds, then by name.</summary>
    public void Encode(JsonObject target)
    {
        if (Owners.Count == 0)
        {
            target.Map("metadata")?.Remove("managedFields");
            return;
        }

        var list = new JsonArray();
        var ordered = Owners
            .OrderBy(o => o.Key.Applied ? 0 : 1)
            .ThenBy(o => Seconds(o.Value.Time))
            .ThenBy(o => o.Key.Manager, StringComparer.Ordinal)
            .ThenBy(o => o.Value.ApiVersion, StringComparer.Ordinal)
            .ThenBy(o => o.Key.Subresource, StringComparer.Ordinal);
        foreach (var (key, owned) in ordered)
        {
            var entry = new JsonObject();
            if (key.Manager.Length > 0)
            {
                entry["manager"] = key.Manager;
            }

            entry["operation"] = key.Applied ? "Apply" : "Update";
            entry["apiVersion"] = owned.ApiVersion;
            if (owned.Time is not null)
            {
                entry["time"] = owned.Time;
            }

            entry["fieldsType"] = "FieldsV1";
            entry["fieldsV1"] = owned.Set.ToJson();
            if (key.Subresource.Length > 0)
            {
                entry["subresource"] = key.Subresource;
            }

            list.Add(entry);
        }

        target.MapOrNew("metadata")["managedFields"] = list;
    }

    public static string Stamp(DateTimeOffset now) =>
        now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static long Seconds(string? time) =>
        DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at.ToUnixTimeSeconds() : 0;
}
