using System.Collections.Concurrent;
using Fleet.Hub.Core.Sessions;
using Fleet.V1;

namespace Fleet.Hub.Sessions;

/// <summary>One connected agent, as this hub node holds it.</summary>
internal sealed class LiveSession : IDisposable
{
    public const int MaxUid = 64;
    private const int MaxStrangers = 1_000;

    private readonly CancellationTokenSource _ended = new();
    private readonly TimeProvider _time;
    private long _heard;

    public LiveSession(string clusterId, string sessionId, ulong fence, TimeProvider time)
    {
        ClusterId = clusterId;
        SessionId = sessionId;
        Fence = fence;
        _time = time;
        Heard();
    }

    public string ClusterId { get; }

    public string SessionId { get; }

    public ulong Fence { get; }

    public SessionOutbox Outbox { get; } = new();

    /// <summary>Commands that wait for their result, by id.</summary>
    public ConcurrentDictionary<string, TaskCompletionSource<CommandResult>> Commands { get; } = new(StringComparer.Ordinal);

    /// <summary>Contents that the agent may read besides its targets', while it previews them: (assignment, commit) → closure.</summary>
    public ConcurrentDictionary<(string Assignment, string Commit), string> Previews { get; } = new();

    /// <summary>What the agent has once it has taken all that was sent. Written by the session's writer alone.</summary>
    public ChainPoint? Sent { get; set; }

    /// <summary>Why the agent gets no desired state: a Fork or a restored Secret that no operator has released. Null: it gets it.</summary>
    public string? Withheld { get; set; }

    /// <summary>Assignments named by the parts of a snapshot that is still coming in. Used by the session's reader alone.</summary>
    public HashSet<string>? SnapshotUids { get; set; }

    /// <summary>Assignments that the cluster has had targets of during this session. Used under its own lock.</summary>
    private readonly HashSet<string> _assignments = new(StringComparer.Ordinal);
    private int _strangers;

    /// <summary>The cluster has, or had, targets of these Assignments.</summary>
    public void Knows(IEnumerable<string> assignments)
    {
        lock (_assignments)
        {
            _assignments.UnionWith(assignments);
        }
    }

    /// <summary>Whether a report is kept: of the cluster's own Assignments, and of a bounded number that it alone knows of (Orphaned).</summary>
    public bool MayReport(Report report)
    {
        if (report.AssignmentUid.Length is 0 or > MaxUid)
        {
            return false;
        }

        lock (_assignments)
        {
            return _assignments.Contains(report.AssignmentUid) || (report.Phase == ReportPhase.Orphaned && _strangers++ < MaxStrangers);
        }
    }

    public CancellationToken Ended => _ended.Token;

    /// <summary>Since the last message was received, by this node's monotonic clock.</summary>
    public TimeSpan Silence => _time.GetElapsedTime(Interlocked.Read(ref _heard));

    public void Heard() => Interlocked.Exchange(ref _heard, _time.GetTimestamp());

    /// <summary>Tells the agent why, and ends the stream.</summary>
    public void End(VerdictKind kind, string message) =>
        Outbox.Finish(new HubMessage { Verdict = new Verdict { Kind = kind, Message = message } });

    /// <summary>Ends the stream at once: the other side no longer reads.</summary>
    public void Cut() => _ended.Cancel();

    public void Dispose()
    {
        foreach (var waiting in Commands.Values)
        {
            waiting.TrySetException(new SessionLostException());
        }

        _ended.Dispose();
    }
}

/// <summary>A cluster's session ended while something waited for its answer.</summary>
internal sealed class SessionLostException() : Exception("The cluster's agent disconnected before it answered. Try again once it is connected.");
