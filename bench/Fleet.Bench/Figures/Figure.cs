namespace Fleet.Bench.Figures;

/// <summary>One measured value, with the bound that was wanted of it (null: none was named).</summary>
internal sealed record Figure(string Name, double Value, string Unit, double? AtMost = null, double? AtLeast = null)
{
    /// <summary>Null when nothing was wanted.</summary>
    public bool? Met => AtMost is null && AtLeast is null ? null : (AtMost is not { } most || Value <= most) && (AtLeast is not { } least || Value >= least);
}

/// <summary>What one bench found, and under which load.</summary>
internal sealed record BenchResult(
    string Name, string Command, DateTimeOffset Date, TimeSpan Took, double LoadBefore, double LoadAfter, IReadOnlyList<Figure> Figures, IReadOnlyList<string> Notes);
