using Fleet.Agent.Enrollment;

namespace Fleet.Agent.Session;

/// <summary>What others need of the session that stands: content is served only to the live one.</summary>
internal sealed record LiveSession(string SessionId, ulong Fence, AgentIdentity Identity);

/// <summary>Which session stands now, and a way to wait for one.</summary>
internal sealed class LiveSessionHolder
{
    private readonly Lock _lock = new();
    private LiveSession? _current;
    private TaskCompletionSource<LiveSession> _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LiveSession? Current
    {
        get
        {
            lock (_lock) return _current;
        }
    }

    /// <summary>Raised with true when a session stands, with false when it has ended.</summary>
    public event Action<bool>? Changed;

    public void Begin(LiveSession session)
    {
        TaskCompletionSource<LiveSession> waiters;
        lock (_lock)
        {
            _current = session;
            waiters = _next;
        }
        waiters.TrySetResult(session);
        Changed?.Invoke(true);
    }

    public void End()
    {
        lock (_lock)
        {
            if (_current is null) return;
            _current = null;
            _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        Changed?.Invoke(false);
    }
}
