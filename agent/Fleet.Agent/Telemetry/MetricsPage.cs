using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Fleet.Agent.Telemetry;

/// <summary>Listens to one meter and writes what it heard in Prometheus' text format (version 0.0.4).</summary>
internal sealed class MetricsPage : IDisposable
{
    private static readonly double[] Bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
    private const int MaxSeries = 5_000;
    private readonly ConcurrentDictionary<(Instrument Instrument, string Labels), Series> _series = new();
    private readonly MeterListener _listener = new();

    public MetricsPage(Meter meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, meter)) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((i, v, tags, _) => Record(i, v, tags));
        _listener.SetMeasurementEventCallback<double>((i, v, tags, _) => Record(i, v, tags));
        _listener.Start();
    }

    public string Write()
    {
        _listener.RecordObservableInstruments();
        var text = new StringBuilder();
        foreach (var group in _series.GroupBy(s => s.Key.Instrument).OrderBy(g => g.Key.Name, StringComparer.Ordinal))
        {
            var counter = group.Key is Counter<long>;
            var name = counter ? group.Key.Name + "_total" : group.Key.Name;
            var type = counter ? "counter" : group.Key is Histogram<double> ? "histogram" : "gauge";
            text.Append("# HELP ").Append(name).Append(' ').Append(group.Key.Description?.Replace("\\", "\\\\", StringComparison.Ordinal)).Append('\n');
            text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
            foreach (var (key, series) in group.OrderBy(s => s.Key.Labels, StringComparer.Ordinal)) series.Write(text, name, key.Labels, type == "histogram");
        }
        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = Labels(tags);
        if (!_series.TryGetValue((instrument, labels), out var series))
        {
            if (_series.Count >= MaxSeries) return;
            series = _series.GetOrAdd((instrument, labels), _ => new());
        }
        if (instrument is Histogram<double>) series.Observe(value);
        else if (instrument is Counter<long>) series.Add(value);
        else series.Set(value);
    }

    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.Length == 0) return "";
        var text = new StringBuilder();
        foreach (var (key, value) in tags)
        {
            if (text.Length > 0) text.Append(',');
            var escaped = (value?.ToString() ?? "").Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
            text.Append(key).Append("=\"").Append(escaped).Append('"');
        }
        return text.ToString();
    }

    private sealed class Series
    {
        private readonly Lock _lock = new();
        private double _value;
        private long _count;
        private long[]? _buckets;

        public void Add(double value)
        {
            lock (_lock) _value += value;
        }

        public void Set(double value)
        {
            lock (_lock) _value = value;
        }

        public void Observe(double value)
        {
            lock (_lock)
            {
                _buckets ??= new long[Bounds.Length];
                for (var i = 0; i < Bounds.Length; i++)
                {
                    if (value <= Bounds[i]) _buckets[i]++;
                }
                _value += value;
                _count++;
            }
        }

        public void Write(StringBuilder text, string name, string labels, bool histogram)
        {
            lock (_lock)
            {
                if (!histogram)
                {
                    Line(text, name, labels, Number(_value));
                    return;
                }
                var prefix = labels.Length > 0 ? labels + "," : "";
                for (var i = 0; i < Bounds.Length; i++) Line(text, name + "_bucket", $"{prefix}le=\"{Number(Bounds[i])}\"", Number(_buckets?[i] ?? 0));
                Line(text, name + "_bucket", $"{prefix}le=\"+Inf\"", Number(_count));
                Line(text, name + "_sum", labels, Number(_value));
                Line(text, name + "_count", labels, Number(_count));
            }
        }

        private static void Line(StringBuilder text, string name, string labels, string value)
        {
            text.Append(name);
            if (labels.Length > 0) text.Append('{').Append(labels).Append('}');
            text.Append(' ').Append(value).Append('\n');
        }

        private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);
    }
}
