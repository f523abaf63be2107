using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;

namespace Fleet.Hub.Hosting.Metrics;

/// <summary>Listens to the process's instruments and writes them for Prometheus. Any other exporter can listen beside it.</summary>
internal sealed class MetricsEndpoint : IDisposable
{
    private static readonly string[] Meters = ["Fleet.Hub", "System.Runtime", "Microsoft.AspNetCore.Server.Kestrel"];

    private readonly ConcurrentDictionary<Instrument, Series> _series = new();
    private readonly MeterListener _listener = new();
    private readonly Lock _gate = new();

    public MetricsEndpoint()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (Meters.Any(m => instrument.Meter.Name.StartsWith(m, StringComparison.Ordinal)))
            {
                listener.EnableMeasurementEvents(instrument, _series.GetOrAdd(instrument, static i => new Series(i)));
            }
        };
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => ((Series)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<float>(static (_, value, tags, state) => ((Series)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => ((Series)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, state) => ((Series)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<short>(static (_, value, tags, state) => ((Series)state!).Record(value, tags));
        _listener.SetMeasurementEventCallback<byte>(static (_, value, tags, state) => ((Series)state!).Record(value, tags));
        _listener.Start();
    }

    /// <summary>Everything as it is now.</summary>
    public string Collect()
    {
        lock (_gate)
        {
            var series = _series.Values.OrderBy(s => s.Name, StringComparer.Ordinal).ToArray();
            foreach (var one in series)
            {
                one.BeginCollection();
            }

            _listener.RecordObservableInstruments();
            var text = new StringBuilder(16 * 1024);
            var written = new HashSet<string>(StringComparer.Ordinal);
            foreach (var one in series)
            {
                // Two instruments of one name would make the whole page invalid.
                if (written.Add(one.Name))
                {
                    one.Write(text);
                }
            }

            return text.ToString();
        }
    }

    public void Dispose() => _listener.Dispose();
}
