using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Fleet.Hub.Hosting.Metrics;

/// <summary>One instrument and its values by label set, bounded.</summary>
internal sealed class Series
{
    // Labels are bounded by clusters and sources by design; this bounds a mistake.
    private const int MaxLabelSets = 20_000;

    private static readonly double[] DefaultBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Cell> _cells = new(StringComparer.Ordinal);
    private readonly Kind _kind;
    private readonly bool _absolute;
    private readonly bool _observed;
    private readonly double[] _bounds;

    public Series(Instrument instrument)
    {
        var type = instrument.GetType().GetGenericTypeDefinition();
        _kind = type == typeof(Histogram<>) ? Kind.Histogram
            : type == typeof(Counter<>) || type == typeof(ObservableCounter<>) ? Kind.Counter
            : Kind.Gauge;
        _observed = instrument.IsObservable;
        _absolute = _observed || type == typeof(Gauge<>);
        Name = PrometheusText.Name(instrument.Name, instrument.Unit, _kind == Kind.Counter);
        Help = string.IsNullOrEmpty(instrument.Description) ? instrument.Name : instrument.Description;
        _bounds = _kind == Kind.Histogram ? Bounds(instrument) : [];
    }

    public string Name { get; }

    public string Help { get; }

    private enum Kind
    {
        Counter,
        Gauge,
        Histogram,
    }

    /// <summary>Forgets what observable instruments said before: a label set that is no longer observed is gone.</summary>
    public void BeginCollection()
    {
        if (_observed)
        {
            lock (_gate)
            {
                _cells.Clear();
            }
        }
    }

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = PrometheusText.Labels(tags);
        lock (_gate)
        {
            if (!_cells.TryGetValue(labels, out var cell))
            {
                if (_cells.Count >= MaxLabelSets)
                {
                    return;
                }

                _cells[labels] = cell = new Cell(_bounds.Length);
            }

            cell.Add(value, _absolute, _bounds);
        }
    }

    public void Write(StringBuilder text)
    {
        lock (_gate)
        {
            if (_cells.Count == 0)
            {
                return;
            }

            PrometheusText.Head(text, Name, Help, _kind.ToString().ToLowerInvariant());
            foreach (var (labels, cell) in _cells.OrderBy(c => c.Key, StringComparer.Ordinal))
            {
                if (_kind == Kind.Histogram)
                {
                    WriteHistogram(text, labels, cell);
                }
                else
                {
                    PrometheusText.Sample(text, Name, labels, cell.Sum);
                }
            }
        }
    }

    private void WriteHistogram(StringBuilder text, string labels, Cell cell)
    {
        var before = labels.Length == 0 ? "" : labels + ",";
        long below = 0;
        for (var i = 0; i < _bounds.Length; i++)
        {
            below += cell.Buckets[i];
            PrometheusText.Sample(text, Name + "_bucket", $"{before}le=\"{PrometheusText.Number(_bounds[i])}\"", below);
        }

        PrometheusText.Sample(text, Name + "_bucket", $"{before}le=\"+Inf\"", cell.Count);
        PrometheusText.Sample(text, Name + "_sum", labels, cell.Sum);
        PrometheusText.Sample(text, Name + "_count", labels, cell.Count);
    }

    private static double[] Bounds(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { } advised } => [.. advised],
        Histogram<long> { Advice.HistogramBucketBoundaries: { } advised } => [.. advised.Select(b => Convert.ToDouble(b, CultureInfo.InvariantCulture))],
        Histogram<int> { Advice.HistogramBucketBoundaries: { } advised } => [.. advised.Select(b => Convert.ToDouble(b, CultureInfo.InvariantCulture))],
        _ => DefaultBounds,
    };

    private sealed class Cell(int bounds)
    {
        public double Sum { get; private set; }

        public long Count { get; private set; }

        public long[] Buckets { get; } = new long[bounds];

        public void Add(double value, bool absolute, double[] upper)
        {
            Sum = absolute ? value : Sum + value;
            Count++;
            var at = Array.FindIndex(upper, b => value <= b);
            if (at >= 0)
            {
                Buckets[at]++;
            }
        }
    }
}
