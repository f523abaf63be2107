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

        var layout = TableLayout.Of(resource);
        var metadata = list.Metadata();

        var rows = new JsonArray();
        foreach (var item in items)
        {
            var row = new JsonObject { ["cells"] = new JsonArray(layout.Cells(item, call.Now)) };
            if (PodRows.Conditions(resource, item) is { } conditions)
            {
                row["conditions"] = conditions;
            }

            row["object"] = includeObject switch
            {
                "None" => null,
                "Object" => item.DeepClone(),
                _ => PartialMetadata.Of(item, call.Representation.Version),
            };
            rows.Add(row);
        }

        return new JsonObject
        {
            ["kind"] = "Table",
            ["apiVersion"] = $"meta.k8s.io/{call.Representation.Version}",
            ["metadata"] = metadata,
            ["columnDefinitions"] = new JsonArray([.. layout.Columns.Select(c => (JsonNode)new JsonObject
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
