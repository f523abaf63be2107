using System.Collections.Concurrent;
using Fleet.V1;

namespace Fleet.Hub.Sessions;

/// <summary>The sessions that this hub node holds: at most one per cluster.</summary>
internal sealed class SessionDirectory
{
    private readonly ConcurrentDictionary<string, LiveSession> _sessions = new(StringComparer.Ordinal);

    public int Count => _sessions.Count;

    public ICollection<LiveSession> All => _sessions.Values;

    public LiveSession? Find(string clusterId) => _sessions.GetValueOrDefault(clusterId);

    /// <summary>Puts a session in; an older one of the same cluster is told and ended.</summary>
    public void Add(LiveSession session)
    {
        while (true)
        {
            if (!_sessions.TryGetValue(session.ClusterId, out var present))
            {
                if (_sessions.TryAdd(session.ClusterId, session))
                {
                    return;
                }

                continue;
            }

            // Two Hellos may finish in another order than they were fenced in.
            if (present.Fence > session.Fence)
            {
                Supersede(session);
                return;
            }

            if (_sessions.TryUpdate(session.ClusterId, session, present))
            {
                Supersede(present);
                return;
            }
        }
    }

    public void Remove(LiveSession session) => _sessions.TryRemove(KeyValuePair.Create(session.ClusterId, session));

    public static void Supersede(LiveSession session) =>
        session.End(VerdictKind.Superseded, "A newer session of this cluster has taken over.");
}
