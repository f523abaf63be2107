using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Fleet.Hub.Sessions;
using Fleet.V1;

namespace Fleet.Hub.Rollups;

/// <summary>The fleet's states as gauges. Labels are bounded: by the states there are, and by the operator's own sources.</summary>
internal static class RollupMeters
{
    /// <summary>The last counts of each Assignment, as this node wrote them: uid → name, source and counts.</summary>
    public static readonly ConcurrentDictionary<string, (string Name, string Source, RollupCounts Counts)> Assignments = new(StringComparer.Ordinal);

    /// <summary>The last count of clusters by state.</summary>
    public static IReadOnlyDictionary<string, long> Clusters { get; set; } = new Dictionary<string, long>();

    private static readonly Meter Meter = new(SessionMeters.MeterName);

    /// <summary>Makes the gauges; they are read when somebody asks.</summary>
    public static void Register()
    {
        Meter.CreateObservableGauge(
            "fleet_clusters",
            () => Clusters.Select(state => new Measurement<long>(state.Value, new KeyValuePair<string, object?>("state", state.Key))),
            description: "Clusters by connection state.");
        Meter.CreateObservableGauge("fleet_cluster_assignments", Phases, description: "ClusterAssignments by source and state.");
    }

    private static IEnumerable<Measurement<long>> Phases() =>
        from source in Assignments.Values.GroupBy(assignment => assignment.Source)
        from phase in new (string Name, Func<RollupCounts, int> Count)[]
        {
            ("ready", counts => counts.Ready),
            ("progressing", counts => counts.Progressing),
            ("failed", counts => counts.Failed),
            ("drifted", counts => counts.Drifted),
            ("offline", counts => counts.Offline),
            ("waiting", counts => counts.Waiting),
        }
        select new Measurement<long>(
            source.Sum(assignment => phase.Count(assignment.Counts)),
            new KeyValuePair<string, object?>("source", source.Key),
            new KeyValuePair<string, object?>("phase", phase.Name));
}
