using Fleet.Agent.Core.Errors;

namespace Fleet.Agent.Core.Drift;

/// <summary>How often one object was corrected in a row, and when: the memory of a fight.</summary>
public sealed record CorrectionHistory(int Count, DateTimeOffset Last)
{
    public static readonly CorrectionHistory None = new(0, DateTimeOffset.MinValue);
}

/// <summary>Corrections of one object are spaced ever wider while another controller keeps fighting: at once, then 1 s, doubling, to 5 min.</summary>
public static class CorrectionBackoff
{
    private static readonly Backoff Spacing = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));
    private static readonly TimeSpan Peace = TimeSpan.FromMinutes(10);

    /// <summary>From when on it may be corrected again.</summary>
    public static DateTimeOffset NotBefore(CorrectionHistory history, DateTimeOffset now) =>
        history.Count == 0 || IsOver(history, now) ? DateTimeOffset.MinValue : history.Last + Spacing.Ceiling(history.Count);

    /// <summary>The history after a correction now.</summary>
    public static CorrectionHistory Corrected(CorrectionHistory history, DateTimeOffset now) =>
        IsOver(history, now) ? new(1, now) : new(history.Count + 1, now);

    /// <summary>Three corrections without peace between them are a fight and are said to be one.</summary>
    public static bool IsFight(CorrectionHistory history, DateTimeOffset now) => history.Count >= 3 && !IsOver(history, now);

    private static bool IsOver(CorrectionHistory history, DateTimeOffset now) => now - history.Last > Peace;
}
