using Fleet.Bench.Figures;

namespace Fleet.Bench.Benches;

/// <summary>One thing that is measured.</summary>
internal interface IBench
{
    string Name { get; }

    /// <summary>One line for --help.</summary>
    string Summary { get; }

    Task RunAsync(BenchRun run, CancellationToken cancellationToken);
}

/// <summary>A bench's options, and where its figures go.</summary>
internal sealed class BenchRun(bool quick, string agent, Action<string> progress)
{
    private readonly List<Figure> _figures = [];
    private readonly List<string> _notes = [];

    /// <summary>Small numbers: to see that the bench works.</summary>
    public bool Quick => quick;

    /// <summary>A published agent; empty: publish one.</summary>
    public string Agent => agent;

    public IReadOnlyList<Figure> Figures => _figures;

    public IReadOnlyList<string> Notes => _notes;

    public void Add(string name, double value, string unit, double? atMost = null, double? atLeast = null) =>
        _figures.Add(new Figure(name, value, unit, atMost, atLeast));

    /// <summary>Adds the 50th and the 99th percentile of some times; a wanted bound is one for the 99th.</summary>
    public void AddPercentiles(string name, IReadOnlyCollection<TimeSpan> times, double? atMostSeconds = null)
    {
        if (times.Count == 0)
        {
            Note($"{name}: nothing was measured");
            return;
        }

        Add($"{name}, p50 of {times.Count}", Percentiles.Of(times, 0.50).TotalSeconds, "s");
        Add($"{name}, p99 of {times.Count}", Percentiles.Of(times, 0.99).TotalSeconds, "s", atMostSeconds);
    }

    /// <summary>Says something that belongs beside the figures.</summary>
    public void Note(string text) => _notes.Add(text);

    /// <summary>Says how far the bench is.</summary>
    public void Progress(string text) => progress(text);
}
