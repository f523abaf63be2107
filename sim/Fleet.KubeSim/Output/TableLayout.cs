using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;

namespace Fleet.KubeSim.Output;

/// <summary>The columns of a kind's table, and the cells of an object in them.</summary>
internal sealed record TableLayout(IReadOnlyList<TableColumn> Columns, Func<JsonObject, DateTimeOffset, JsonNode?[]> Cells)
{
    private static readonly Dictionary<ResourceKey, Func<JsonObject, DateTimeOffset, JsonNode?[]>> Rows = new(
        [.. PodRows.All, .. WorkloadRows.All, .. NetworkRows.All, .. StorageRows.All, .. AccessRows.All, .. ClusterRows.All]);

    private static readonly Dictionary<ResourceKey, TableLayout> BuiltIn = Rows.ToDictionary(r => r.Key, r => new TableLayout(TableColumns.Of(r.Key), r.Value));

    /// <summary>Kinds without a printer of their own show when they were created.</summary>
    private static readonly TableLayout Default = new(
        [TableColumns.Name, TableColumns.CreatedAt], (o, _) => [Cell.Name(o), Cell.Text(o, "metadata", "creationTimestamp")]);

    public static TableLayout Of(ApiResource resource) =>
        resource.IsCustom ? CustomColumns.Of(resource) : BuiltIn.GetValueOrDefault(resource.Key, Default);
}
