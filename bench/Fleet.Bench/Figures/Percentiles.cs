namespace Fleet.Bench.Figures;

/// <summary>Nearest-rank percentiles: always a value that was really measured.</summary>
internal static class Percentiles
{
    public static T Of<T>(IReadOnlyCollection<T> values, double fraction)
        where T : IComparable<T>
    {
        var sorted = values.Order().ToArray();
        var rank = (int)Math.Ceiling(fraction * sorted.Length);
        return sorted[Math.Clamp(rank, 1, sorted.Length) - 1];
    }

    public static T Median<T>(IReadOnlyCollection<T> values)
        where T : IComparable<T> => Of(values, 0.5);
}
