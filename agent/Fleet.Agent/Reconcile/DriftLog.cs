using Fleet.Agent.Core.Drift;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Reconcile;

/// <summary>Drifts for the Report: open ones as long as they stand, healed ones for ten minutes. Bounded; the caller locks.</summary>
internal sealed class DriftLog
{
    public static readonly TimeSpan HealedFor = TimeSpan.FromMinutes(10);
    public const int MaxLines = 50;
    private readonly List<DriftLine> _lines = [];

    public IReadOnlyList<DriftLine> Lines => _lines;

    /// <summary>The drift as it is now; replaces what was known of this object's open drift.</summary>
    public void See(ObjectKey key, IReadOnlyList<DriftedField> fields, DateTimeOffset now)
    {
        var since = _lines.Find(l => l.Key == key && l.HealedAt is null)?.SeenAt ?? now;
        _lines.RemoveAll(l => l.Key == key && l.HealedAt is null);
        foreach (var field in fields) _lines.Add(new(key, field, since, null));
        Bound();
    }

    /// <summary>Returns since when it had drifted; null when no drift was open.</summary>
    public DateTimeOffset? Heal(ObjectKey key, DateTimeOffset now)
    {
        DateTimeOffset? since = null;
        for (var i = 0; i < _lines.Count; i++)
        {
            if (_lines[i].Key != key || _lines[i].HealedAt is not null) continue;
            since = _lines[i].SeenAt;
            _lines[i] = _lines[i] with { HealedAt = now };
        }
        return since;
    }

    /// <summary>It went away without our doing.</summary>
    public void Forget(ObjectKey key) => _lines.RemoveAll(l => l.Key == key && l.HealedAt is null);

    public void Expire(DateTimeOffset now) => _lines.RemoveAll(l => l.HealedAt is { } healed && now - healed >= HealedFor);

    public DateTimeOffset? NextExpiry => _lines.Where(l => l.HealedAt is not null).Select(l => l.HealedAt + HealedFor).Min();

    private void Bound()
    {
        while (_lines.Count > MaxLines)
        {
            var oldest = _lines.FindIndex(l => l.HealedAt is not null);
            _lines.RemoveAt(oldest >= 0 ? oldest : 0);
        }
    }
}

/// <summary>One drifted field of one object; an empty path means the whole object.</summary>
internal sealed record DriftLine(ObjectKey Key, DriftedField Field, DateTimeOffset SeenAt, DateTimeOffset? HealedAt);
