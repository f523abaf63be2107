using System.Threading.Channels;
using Fleet.Agent.Timing;
using Fleet.V1;

namespace Fleet.Agent.Session;

/// <summary>What goes to the hub, in order of weight: control and acknowledgements first, reports when there is nothing else and they were gathered for long enough.</summary>
internal sealed class Outbox(ReportBook reports, TimeProvider time)
{
    private readonly Channel<AgentMessage> _control = Channel.CreateBounded<AgentMessage>(new BoundedChannelOptions(256) { SingleReader = true });
    private readonly Signal _wake = new();
    private long? _lastReport;

    /// <summary>From the Welcome on reports may be sent, this far apart.</summary>
    public TimeSpan? ReportInterval { get; set; }

    public async ValueTask SendAsync(AgentMessage message, CancellationToken cancellationToken)
    {
        await _control.Writer.WriteAsync(message, cancellationToken).ConfigureAwait(false);
        _wake.Set();
    }

    public void Wake() => _wake.Set();

    /// <summary>Writes until cancelled.</summary>
    public async Task RunAsync(Func<AgentMessage, Task> write, Action sentReports, CancellationToken cancellationToken)
    {
        using var relay = new CancellationTokenSource();
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, relay.Token);
        var relaying = RelayAsync(both.Token);
        try
        {
            while (true)
            {
                while (_control.Reader.TryRead(out var message)) await write(message).ConfigureAwait(false);
                var wait = UntilReports();
                if (wait == TimeSpan.Zero && reports.Next() is { } report)
                {
                    _lastReport = report.ReportSnapshot is { Last: false } ? _lastReport : time.GetTimestamp();
                    await write(report).ConfigureAwait(false);
                    sentReports();
                    // What did not fit follows in its turn; it is marked as pending again.
                    reports.Pending.Set();
                    continue;
                }
                if (wait is { } w && w > TimeSpan.Zero) await _wake.WaitAsync(w, time, cancellationToken).ConfigureAwait(false);
                else await _wake.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            await relay.CancelAsync().ConfigureAwait(false);
            await relaying.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RelayAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await reports.Pending.WaitAsync(cancellationToken).ConfigureAwait(false);
            _wake.Set();
        }
    }

    /// <summary>Null: not before the Welcome.</summary>
    private TimeSpan? UntilReports()
    {
        if (ReportInterval is not { } interval) return null;
        if (_lastReport is not { } last) return TimeSpan.Zero;
        var left = interval - time.GetElapsedTime(last);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
