using Fleet.V1;

namespace Fleet.Hub.Sessions;

/// <summary>What waits to be sent on one session.</summary>
/// <remarks>
/// Slots and not a queue, wherever the latest is all that counts: acknowledgements, the desired state, a heartbeat. So what
/// waits for a slow agent does not grow. Only control messages are queued, and their number is bounded.
/// Order: verdicts and other control, acknowledgements, specs that were asked for, desired state.
/// </remarks>
internal sealed class SessionOutbox
{
    private const int MaxControl = 64;
    private const int MaxSpecs = 5_000;

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _signal = new(0);
    private readonly Queue<HubMessage> _control = new();
    private readonly HashSet<string> _specs = new(StringComparer.Ordinal);
    private ulong _reportAck;
    private bool _reportFull;
    private bool _heartbeat;
    private bool _desired;
    private bool _index;
    private HubMessage? _last;

    /// <summary>Queues a control message; false when the agent has left too many unread.</summary>
    public bool Post(HubMessage message)
    {
        lock (_lock)
        {
            if (_last is not null || _control.Count >= MaxControl)
            {
                return false;
            }

            _control.Enqueue(message);
        }

        _signal.Release();
        return true;
    }

    /// <summary>Sends one more message, ahead of everything else, and then ends the stream.</summary>
    public void Finish(HubMessage? last)
    {
        lock (_lock)
        {
            _last ??= last ?? new HubMessage();
        }

        _signal.Release();
    }

    public void AckReports(ulong seq) => Set(() => _reportAck = Math.Max(_reportAck, seq));

    public void AskAllReports() => Set(() => _reportFull = true);

    public void Heartbeat() => Set(() => _heartbeat = true);

    /// <summary>The desired state may have changed.</summary>
    public void DesiredChanged() => Set(() => _desired = true);

    /// <summary>The agent wants the whole desired state.</summary>
    public void WantIndex() => Set(() => _desired = _index = true);

    /// <summary>The agent lacks specs; false when it asks for more than any cluster has.</summary>
    public bool WantSpecs(IEnumerable<string> digests)
    {
        lock (_lock)
        {
            _specs.UnionWith(digests);
            if (_specs.Count > MaxSpecs)
            {
                return false;
            }
        }

        _signal.Release();
        return true;
    }

    /// <summary>Waits for the next thing to do.</summary>
    public async Task<Outgoing> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryNext() is { } next)
            {
                return next;
            }

            await _signal.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What must not wait behind a long desired state: control, acknowledgements, the end.</summary>
    public Outgoing? TryNextUrgent()
    {
        lock (_lock)
        {
            return Urgent();
        }
    }

    private Outgoing? TryNext()
    {
        lock (_lock)
        {
            if (Urgent() is { } urgent)
            {
                return urgent;
            }

            if (_specs.Count > 0)
            {
                var digests = _specs.ToArray();
                _specs.Clear();
                return new Outgoing(OutgoingKind.Specs) { SpecDigests = digests };
            }

            if (_desired)
            {
                var kind = _index ? OutgoingKind.Index : OutgoingKind.Desired;
                _desired = _index = false;
                return new Outgoing(kind);
            }

            return null;
        }
    }

    private Outgoing? Urgent()
    {
        if (_last is not null)
        {
            return new Outgoing(OutgoingKind.End) { Message = _last.MessageCase == HubMessage.MessageOneofCase.None ? null : _last };
        }

        if (_control.TryDequeue(out var message))
        {
            return Send(message);
        }

        if (_reportFull)
        {
            _reportFull = false;
            return Send(new HubMessage { ReportFull = new ReportFull() });
        }

        if (_reportAck > 0)
        {
            var ack = new ReportAck { Seq = _reportAck };
            _reportAck = 0;
            return Send(new HubMessage { ReportAck = ack });
        }

        if (_heartbeat)
        {
            _heartbeat = false;
            return new Outgoing(OutgoingKind.Heartbeat);
        }

        return null;
    }

    private static Outgoing Send(HubMessage message) => new(OutgoingKind.Message) { Message = message };

    private void Set(Action change)
    {
        lock (_lock)
        {
            change();
        }

        _signal.Release();
    }
}

/// <summary>The next thing that a session's writer does.</summary>
internal sealed record Outgoing(OutgoingKind Kind)
{
    public HubMessage? Message { get; init; }

    public IReadOnlyList<string> SpecDigests { get; init; } = [];
}

internal enum OutgoingKind
{
    Message,
    Heartbeat,
    Specs,
    Desired,
    Index,
    End,
}
