namespace Fleet.Bench.Figures;

/// <summary>One measured value, with the bound that was wanted of it (null: none was named).</summary>
internal sealed record Figure(string Name, double Value, string Unit, double? AtMost = null)
{
    /// <summary>Null when nothing was wanted.</summary>
    public bool? Met => AtMost is { } bound ? Value <= bound : null;
}

/// <summary>What one bench found, and under which load.</summary>
internal sealed record BenchResult(
    string Name, string Command, DateTimeOffset Date, TimeSpan Took, double LoadBefore, double LoadAfter, IReadOnlyList<Figure> Figures, IReadOnlyList<string> Notes);
