using System.Text.Json.Nodes;
using Fleet.KubeSim.Kinds;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Serving;

namespace Fleet.KubeSim.Output;

/// <summary>Builds meta.k8s.io Tables: what stock kubectl prints.</summary>
internal static class TableOutput
{
    public static JsonObject Of(ApiCall call, ApiResource resource, IReadOnlyList<JsonObject> items, ObjectList list)
    {
        var includeObject = call.Request["includeObject"];
        if (includeObject is not ("" or "None" or "Metadata" or "Object"))
        {
            throw ApiException.Invalid(
                "meta.k8s.io", "TableOptions", "", [FieldError.Invalid("includeObject", includeObject, "must be 'Metadata', 'Object', 'None', or empty")]);
        }

        var columns = TableColumns.For(resource);
        var metadata = list.Metadata();

        var rows = new JsonArray();
        foreach (var item in items)
        {
            rows.Add(new JsonObject
            {
                ["cells"] = new JsonArray([.. columns.Select(c => c.Cell(item, call.Now))]),
                ["object"] = includeObject switch
                {
                    "None" => null,
                    "Object" => item.DeepClone(),
                    _ => PartialMetadata.Of(item, call.Representation.Version),
                },
            });
        }

        return new JsonObject
        {
            ["kind"] = "Table",
            ["apiVersion"] = $"meta.k8s.io/{call.Representation.Version}",
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
