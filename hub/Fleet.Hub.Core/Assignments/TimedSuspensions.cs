using Fleet.V1;

namespace Fleet.Hub.Core.Assignments;

/// <summary>Keeps a suspension for a stated time over an apply that says nothing of it: a pipeline must not end what an operator began in an emergency.</summary>
public static class TimedSuspensions
{
    /// <summary>Carries an Assignment's over into what is applied.</summary>
    public static void Keep(AssignmentSpec stored, AssignmentSpec applied, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(stored);
        ArgumentNullException.ThrowIfNull(applied);
        if (!applied.Suspend && Suspension.Of(stored, now) is { Until: not null })
        {
            (applied.Suspend, applied.SuspendUntil, applied.SuspendReason) = (true, stored.SuspendUntil, stored.SuspendReason);
        }
    }

    /// <summary>Carries a Cluster's over into what is applied.</summary>
    public static void Keep(ClusterSpec stored, ClusterSpec applied, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(stored);
        ArgumentNullException.ThrowIfNull(applied);
        if (!applied.Suspend && Suspension.Of(stored, now) is { Until: not null })
        {
            (applied.Suspend, applied.SuspendUntil, applied.SuspendReason) = (true, stored.SuspendUntil, stored.SuspendReason);
        }
    }
}
