using Fleet.V1;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Hub.Core.Assignments;

/// <summary>That agents are to leave something as it is.</summary>
/// <param name="Until">When it ends by itself; null: when somebody ends it.</param>
/// <param name="Reason">For people.</param>
public sealed record Suspension(DateTimeOffset? Until, string Reason)
{
    /// <summary>An Assignment's own; null: it is not suspended, or not any more.</summary>
    public static Suspension? Of(AssignmentSpec spec, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return Of(spec.Suspend, spec.SuspendUntil, spec.SuspendReason, now);
    }

    /// <summary>A Cluster's; null: it is not suspended, or not any more.</summary>
    public static Suspension? Of(ClusterSpec spec, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return Of(spec.Suspend, spec.SuspendUntil, spec.SuspendReason, now);
    }

    /// <summary>Both together: the one that ends later, with both reasons.</summary>
    public static Suspension? Of(Suspension? one, Suspension? other) => (one, other) switch
    {
        (null, _) => other,
        (_, null) => one,
        _ => new Suspension(
            one.Until is null || other.Until is null ? null : one.Until > other.Until ? one.Until : other.Until,
            string.Join("; ", new[] { one.Reason, other.Reason }.Where(reason => reason.Length > 0).Distinct(StringComparer.Ordinal))),
    };

    /// <summary>In one sentence.</summary>
    public string Describe() =>
        (Until is { } until ? FormattableString.Invariant($"Suspended until {until.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z") : "Suspended until somebody resumes it")
        + (Reason.Length > 0 ? $": {Reason}" : ".");

    private static Suspension? Of(bool suspend, Timestamp? until, string reason, DateTimeOffset now) =>
        !suspend || (until is not null && until.ToDateTimeOffset() <= now) ? null : new Suspension(until?.ToDateTimeOffset(), reason);
}
