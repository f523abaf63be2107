using System.Globalization;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Output;

/// <summary>The columns that a CustomResourceDefinition declares; without any, the age.</summary>
internal static class CustomColumns
{
    public static TableLayout Of(ApiResource resource)
    {
        if (resource.PrinterColumns.Count == 0)
        {
            return new TableLayout([TableColumns.Name, TableColumns.CustomAge], (o, now) => [Cell.Name(o), Cell.Age(o, now)]);
        }

        var columns = resource.PrinterColumns.Select(Column).ToArray();
        var paths = resource.PrinterColumns.Select(c => c.Text("jsonPath") ?? "").ToArray();
        return new TableLayout(
            [TableColumns.Name, .. columns],
            (o, now) => [Cell.Name(o), .. columns.Zip(paths, (c, path) => Value(JsonPath.Find(o, path), c.Type, now))]);
    }

    private static TableColumn Column(JsonObject declared) => new(
        declared.Text("name") ?? "",
        declared.Text("type") ?? "string",
        declared.Text("format") ?? "",
        (int)(declared.Whole("priority") ?? 0),
        declared.Text("description") is { Length: > 0 } text ? text : $"Custom resource definition column (in JSONPath format): {declared.Text("jsonPath")}");

    /// <summary>Only the first of several values is shown, and nothing where the value is not of the column's type.</summary>
    private static JsonNode? Value(IReadOnlyList<JsonNode?> found, string type, DateTimeOffset now)
    {
        if (found.Count == 0)
        {
            return null;
        }

        var first = found[0];
        var kind = first?.GetValueKind();
        return type switch
        {
            "string" => first is null ? "<no value>" : Json.TextOf(first) ?? (first is JsonObject or JsonArray ? Json.Encode(first) : GoText.Plain(first)),
            "date" => Json.TextOf(first) is not { } text ? null
                : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var time) ? HumanDuration.Of(now - time)
                : "<invalid>",
            "integer" when kind == System.Text.Json.JsonValueKind.Number => (long)first!.GetValue<double>(),
            "number" when kind == System.Text.Json.JsonValueKind.Number => first!.DeepClone(),
            "boolean" when kind is System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False => first!.DeepClone(),
            _ => null,
        };
    }
}
