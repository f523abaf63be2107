using Fleet.Agent.Timing;
using Fleet.V1;

namespace Fleet.Agent.Session;

/// <summary>
/// The last Report of each Assignment, and what of it the hub has confirmed. Reports are coalesced: a newer one replaces an
/// unsent one, so a slow link costs no memory; what was sent but not confirmed goes again in the next session.
/// </summary>
internal sealed class ReportBook
{
    /// <summary>Well under the wire's limit of 1 MiB a message.</summary>
    private const int MaxMessageBytes = 768 << 10;
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, Report> _reports = new(StringComparer.Ordinal);
    private readonly Dictionary<string, byte[]> _confirmed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _dirty = new(StringComparer.Ordinal);
    private readonly HashSet<string> _removed = new(StringComparer.Ordinal);
    private readonly Queue<Sent> _sent = new();
    private Queue<ReportSnapshot>? _snapshot;
    private ulong _seq;

    /// <summary>Set whenever there is something to send.</summary>
    public Signal Pending { get; } = new();

    /// <summary>Returns false when it says what was said before.</summary>
    public bool Put(Report report)
    {
        lock (_lock)
        {
            if (_reports.TryGetValue(report.AssignmentUid, out var old) && SameButTime(old, report)) return false;
            _reports[report.AssignmentUid] = report;
            _removed.Remove(report.AssignmentUid);
            _dirty.Add(report.AssignmentUid);
        }
        Pending.Set();
        return true;
    }

    /// <summary>The Assignment's removal is complete: its report ends.</summary>
    public void Remove(string uid)
    {
        lock (_lock)
        {
            _reports.Remove(uid);
            _dirty.Remove(uid);
            _removed.Add(uid);
        }
        Pending.Set();
    }

    public Report? Find(string uid)
    {
        lock (_lock) return _reports.GetValueOrDefault(uid);
    }

    /// <summary>What the hub is known to hold: it asks for a snapshot when it holds something else.</summary>
    public byte[] Digest()
    {
        lock (_lock) return ReportDigests.Fold(_confirmed.Select(c => (c.Key, c.Value)));
    }

    /// <summary>A new session: numbers begin anew, and what was not confirmed is sent again.</summary>
    public void Restart()
    {
        lock (_lock)
        {
            _seq = 0;
            _snapshot = null;
            while (_sent.TryDequeue(out var sent))
            {
                foreach (var uid in sent.Reports.Keys)
                {
                    if (_reports.ContainsKey(uid)) _dirty.Add(uid);
                }
                foreach (var uid in sent.Removed)
                {
                    if (!_reports.ContainsKey(uid)) _removed.Add(uid);
                }
            }
        }
        Pending.Set();
    }

    /// <summary>The hub asks for all.</summary>
    public void StartSnapshot()
    {
        lock (_lock)
        {
            var parts = new Queue<ReportSnapshot>();
            var part = new ReportSnapshot();
            var size = 0;
            foreach (var report in _reports.Values)
            {
                if (size > 0 && size + report.CalculateSize() > MaxMessageBytes)
                {
                    parts.Enqueue(part);
                    (part, size) = (new(), 0);
                }
                part.Reports.Add(report);
                size += report.CalculateSize() + 8;
            }
            part.Last = true;
            parts.Enqueue(part);
            _snapshot = parts;
            _dirty.Clear();
            _removed.Clear();
        }
        Pending.Set();
    }

    /// <summary>The next message with reports; null when all is said.</summary>
    public AgentMessage? Next()
    {
        lock (_lock)
        {
            if (_snapshot is { } parts && parts.TryDequeue(out var part))
            {
                if (parts.Count == 0) _snapshot = null;
                part.Seq = ++_seq;
                Remember(part.Reports, [], part.Last);
                return new() { ReportSnapshot = part };
            }
            if (_dirty.Count == 0 && _removed.Count == 0) return null;
            var delta = new ReportDelta { Seq = ++_seq };
            var size = 0;
            foreach (var uid in _dirty.Order(StringComparer.Ordinal).ToList())
            {
                var report = _reports[uid];
                if (size > 0 && size + report.CalculateSize() > MaxMessageBytes) break;
                delta.Reports.Add(report);
                size += report.CalculateSize() + 8;
                _dirty.Remove(uid);
            }
            foreach (var uid in _removed.Take(1000).ToList())
            {
                delta.Removed.Add(uid);
                _removed.Remove(uid);
            }
            Remember(delta.Reports, delta.Removed, false);
            return new() { ReportDelta = delta };
        }
    }

    /// <summary>Everything up to this number is stored at the hub.</summary>
    public void Confirm(ulong seq)
    {
        lock (_lock)
        {
            while (_sent.TryPeek(out var sent) && sent.Seq <= seq)
            {
                _sent.Dequeue();
                foreach (var (uid, digest) in sent.Reports) _confirmed[uid] = digest;
                foreach (var uid in sent.Removed) _confirmed.Remove(uid);
                if (!sent.EndsSnapshot) continue;
                // The snapshot replaced all that the hub held.
                foreach (var uid in _confirmed.Keys.Where(u => !_reports.ContainsKey(u)).ToList()) _confirmed.Remove(uid);
            }
        }
    }

    private void Remember(IEnumerable<Report> reports, IEnumerable<string> removed, bool endsSnapshot) =>
        _sent.Enqueue(new(_seq, reports.ToDictionary(r => r.AssignmentUid, ReportDigests.Of), [.. removed], endsSnapshot));

    private static bool SameButTime(Report a, Report b)
    {
        if (a.ObservedTime == b.ObservedTime) return a.Equals(b);
        var x = a.Clone();
        x.ObservedTime = b.ObservedTime;
        return x.Equals(b);
    }

    private sealed record Sent(ulong Seq, IReadOnlyDictionary<string, byte[]> Reports, IReadOnlyList<string> Removed, bool EndsSnapshot);
}
