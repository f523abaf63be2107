namespace Fleet.KubeSim.Output;

/// <summary>One column of a table, as a Table describes it.</summary>
/// <param name="Name">The column's header.</param>
/// <param name="Type">The OpenAPI type of its cells.</param>
/// <param name="Format">What the type leaves open: name for the column that names the row.</param>
/// <param name="Priority">0 is always shown, 1 only when wide.</param>
/// <param name="Description">What the column tells.</param>
internal sealed record TableColumn(string Name, string Type, string Format, int Priority, string Description);
