using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;

namespace Fleet.KubeSim.Output;

/// <summary>Builds meta.k8s.io Tables: what stock kubectl prints.</summary>
internal static class TableOutput
{
    public static JsonObject Of(
        ApiResource resource, IReadOnlyList<JsonObject> items, string includeObject, string version, string? next, long? remaining, DateTimeOffset now)
    {
        var columns = TableColumns.For(resource);
        var metadata = new JsonObject { ["resourceVersion"] = version };
        if (next is not null)
        {
            metadata["continue"] = next;
        }

        if (remaining is not null)
        {
            metadata["remainingItemCount"] = remaining;
        }

        var rows = new JsonArray();
        foreach (var item in items)
        {
            rows.Add(new JsonObject
            {
                ["cells"] = new JsonArray([.. columns.Select(c => c.Cell(item, now))]),
                ["object"] = includeObject switch
                {
                    "None" => null,
                    "Object" => item.DeepClone(),
                    _ => PartialMetadata.Of(item),
                },
            });
        }

        return new JsonObject
        {
            ["kind"] = "Table",
            ["apiVersion"] = "meta.k8s.io/v1",
            ["metadata"] = metadata,
            ["columnDefinitions"] = new JsonArray([.. columns.Select(c => (JsonNode)new JsonObject
            {
                ["name"] = c.Name,
                ["type"] = c.Type,
                ["format"] = c.Format,
                ["description"] = c.Description,
                ["priority"] = c.Priority,
            })]),
            ["rows"] = rows,
        };
    }
}

/// <summary>One column of a table, and how its cells come out of an object.</summary>
internal sealed record TableColumn(string Name, Func<JsonObject, DateTimeOffset, JsonNode?> Cell)
{
    public string Type { get; init; } = "string";

    public string Format { get; init; } = "";

    public string Description { get; init; } = "";

    /// <summary>0 is always shown, 1 only when wide.</summary>
    public int Priority { get; init; }
}
