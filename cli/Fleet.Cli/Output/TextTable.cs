namespace Fleet.Cli.Output;

/// <summary>Columns as kubectl prints them: upper-case heads, three spaces between, no rules.</summary>
internal sealed class TextTable(params string[] heads)
{
    private readonly List<string[]> rows = [];

    public IReadOnlyList<string> Heads => heads;

    public IReadOnlyList<string[]> Rows => rows;

    public void Add(params string[] cells) => rows.Add(cells);

    public void Print(TextWriter output)
    {
        var widths = heads.Select((h, i) => Math.Max(h.Length, rows.Count == 0 ? 0 : rows.Max(r => OneLine(r[i]).Length))).ToArray();
        Line(heads);
        foreach (var row in rows)
        {
            Line(row);
        }

        void Line(string[] cells) => output.WriteLine(
            string.Join("   ", cells.Select((c, i) => i == cells.Length - 1 ? OneLine(c) : OneLine(c).PadRight(widths[i]))).TrimEnd());
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
