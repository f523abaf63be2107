using Fleet.Hub.Core.Sessions;
using Grpc.Core;

namespace Fleet.Hub.Sessions;

/// <summary>Lets sessions in at a bounded rate, before anything is read for them.</summary>
internal sealed class SessionAdmission(SessionOptions options, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly AdmissionBucket _bucket = new(options.AdmissionRate, options.AdmissionBurst);
    private readonly long _start = time.GetTimestamp();
    private volatile bool _closed;

    /// <summary>From now on nobody is let in: the node is about to stop.</summary>
    public void Close() => _closed = true;

    /// <exception cref="RpcException">RESOURCE_EXHAUSTED with RetryInfo, or UNAVAILABLE while the node drains.</exception>
    public void Admit()
    {
        if (_closed)
        {
            throw SessionRefusals.Draining();
        }

        lock (_lock)
        {
            if (!_bucket.TryAdmit(time.GetElapsedTime(_start), out var retryAfter))
            {
                // The agent adds its own jitter; this spreads those refused in the same moment.
                throw SessionRefusals.ComeBack(retryAfter + TimeSpan.FromSeconds(Random.Shared.NextDouble() * 2));
            }
        }
    }
}
