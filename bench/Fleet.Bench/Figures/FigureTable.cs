using System.Globalization;

namespace Fleet.Bench.Figures;

/// <summary>Prints one bench's figures: wanted beside measured.</summary>
internal static class FigureTable
{
    public static void Write(TextWriter output, BenchResult result)
    {
        var culture = CultureInfo.InvariantCulture;
        var rows = result.Figures.Select(f => (f.Name, Wanted: Wanted(f), Measured: Text(f.Value, f.Unit), Mark: f.Met == false ? "missed" : "")).ToArray();
        var name = rows.Select(r => r.Name.Length).Append("figure".Length).Max();
        var wanted = rows.Select(r => r.Wanted.Length).Append("wanted".Length).Max();
        var measured = rows.Select(r => r.Measured.Length).Append("measured".Length).Max();
        output.WriteLine();
        output.WriteLine(string.Create(culture, $"{result.Name}   {result.Date:yyyy-MM-dd HH:mm} UTC, {Machine.Describe()}, load {result.LoadBefore:0.0} to {result.LoadAfter:0.0}, took {result.Took.TotalSeconds:0} s"));
        output.WriteLine($"{"figure".PadRight(name)}  {"wanted".PadLeft(wanted)}  {"measured".PadLeft(measured)}");
        foreach (var row in rows)
        {
            output.WriteLine($"{row.Name.PadRight(name)}  {row.Wanted.PadLeft(wanted)}  {row.Measured.PadLeft(measured)}  {row.Mark}".TrimEnd());
        }

        foreach (var note in result.Notes)
        {
            output.WriteLine($"- {note}");
        }

        output.WriteLine();
    }

    private static string Wanted(Figure figure) =>
        figure.AtMost is { } most ? $"≤ {Text(most, figure.Unit)}" : figure.AtLeast is { } least ? $"≥ {Text(least, figure.Unit)}" : "";

    private static string Text(double value, string unit) => string.Create(CultureInfo.InvariantCulture, $"{Number(value, unit)} {unit}");

    private static string Number(double value, string unit) => unit switch
    {
        "s" => value.ToString(value < 10 ? "0.00" : "0.0", CultureInfo.InvariantCulture),
        "MiB" or "KiB" or "µs" => value.ToString("0.0", CultureInfo.InvariantCulture),
        _ => value.ToString("0.##", CultureInfo.InvariantCulture),
    };
}
