using System.Globalization;
using System.Reflection;
using Fleet.KubeSim.Resources;

namespace Fleet.KubeSim.Output;

/// <summary>The columns of the built-in kinds, from the one table of them.</summary>
internal static class TableColumns
{
    private static readonly Dictionary<string, string> Texts = [];
    private static readonly Dictionary<string, List<TableColumn>> ByResource = Load();

    public static TableColumn Name { get; } = new("Name", "string", "name", 0, Texts["@name"]);

    public static TableColumn Age { get; } = new("Age", "string", "", 0, Texts["@age"]);

    public static TableColumn CreatedAt { get; } = new("Created At", "date", "", 0, Texts["@age"]);

    /// <summary>An Age column whose type is that of a custom resource's: a date.</summary>
    public static TableColumn CustomAge { get; } = new("Age", "date", "", 0, Texts["@age"]);

    public static IReadOnlyList<TableColumn> Of(ResourceKey resource) => ByResource[resource.Qualified];

    private static Dictionary<string, List<TableColumn>> Load()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("columns.txt")
            ?? throw new InvalidOperationException("columns.txt is not embedded in the assembly");
        using var reader = new StreamReader(stream);
        var tables = new Dictionary<string, List<TableColumn>>();
        List<TableColumn>? table = null;
        while (reader.ReadLine() is { } line)
        {
            var parts = line.Split('\t');
            switch (parts)
            {
                case [['#', ..]]:
                    break;
                case [['@', ..] name, var text]:
                    Texts[name] = Unescaped(text);
                    break;
                case [var resource]:
                    tables[resource] = table = [];
                    break;
                case ["", var name, var type, var format, var priority, var description]:
                    table!.Add(new TableColumn(name, type, format, int.Parse(priority, CultureInfo.InvariantCulture), Texts.GetValueOrDefault(description) ?? Unescaped(description)));
                    break;
                default:
                    throw new InvalidOperationException($"columns.txt: a line has {parts.Length} parts: {line}");
            }
        }

        return tables;
    }

    private static string Unescaped(string text) => text.Replace("\\n", "\n", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal);
}
