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

    /// <summary>Why a new session is not let in now; null: it is.</summary>
    public RpcException? Refusal()
    {
        if (_closed)
        {
            return SessionRefusals.Draining();
        }

        lock (_lock)
        {
            // The agent adds its own jitter; this spreads those refused in the same moment.
            return _bucket.TryAdmit(time.GetElapsedTime(_start), out var retryAfter)
                ? null
                : SessionRefusals.ComeBack(retryAfter + TimeSpan.FromSeconds(Random.Shared.NextDouble() * 2));
        }
    }

    /// <summary>Whether a request begins a session.</summary>
    public static bool IsConnect(HttpContext context) => context.Request.Path.Equals(ConnectPath, StringComparison.Ordinal);

    private const string ConnectPath = "/fleet.v1.AgentService/Connect";
}
