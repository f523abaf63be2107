using System.Globalization;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Output;

/// <summary>The columns that a CustomResourceDefinition declares.</summary>
internal static class CustomColumns
{
    public static IEnumerable<TableColumn> Of(ApiResource resource)
    {
        if (resource.PrinterColumns.Count == 0)
        {
            return [TableColumns.AgeColumn];
        }

        return resource.PrinterColumns.Select(Column);
    }

    private static TableColumn Column(JsonObject declared)
    {
        var path = declared.Text("jsonPath") ?? "";
        var type = declared.Text("type") ?? "string";
        return new TableColumn(declared.Text("name") ?? "", (item, now) => Cell(JsonPath.Find(item, path), type, now))
        {
            Type = type,
            Format = declared.Text("format") ?? "",
            Description = declared.Text("description") is { Length: > 0 } text ? text : $"Custom resource definition column (in JSONPath format): {path}",
            Priority = (int)(declared.Whole("priority") ?? 0),
        };
    }

    private static JsonNode? Cell(IReadOnlyList<JsonNode?> found, string type, DateTimeOffset now)
    {
        if (found.Count == 0 || found[0] is not { } first)
        {
            return null;
        }

        switch (type)
        {
            case "date":
                return DateTimeOffset.TryParse(Json.TextOf(first), CultureInfo.InvariantCulture, out var time) ? HumanDuration.Of(now - time) : "<invalid>";
            case "integer" or "number" or "boolean":
                return Json.TextOf(first) is null ? first.DeepClone() : null;
            default:
                return found.Count > 1
                    ? string.Join(",", found.Select(GoText.Plain))
                    : Json.TextOf(first) ?? Json.Encode(first);
        }
    }
}
