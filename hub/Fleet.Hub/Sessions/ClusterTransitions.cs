using Fleet.Hub.Core.Clusters;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Clusters;
using Fleet.Hub.Storage.Sessions;
using Fleet.Hub.Storage.Targets;
using Fleet.Hub.Storage.Work;
using Fleet.Hub.Work;

namespace Fleet.Hub.Sessions;

/// <summary>A cluster that has become more or less reachable.</summary>
/// <param name="ClusterId">Which cluster.</param>
/// <param name="Fence">The session that this was seen of.</param>
/// <param name="State">What it is now.</param>
/// <param name="Attached">Whether the session of this fence is still open.</param>
/// <param name="LastHeard">When its agent was heard last, where this node knows.</param>
internal sealed record ClusterTransition(string ClusterId, long Fence, Connectivity State, bool Attached, DateTimeOffset? LastHeard = null);

/// <summary>Writes the clusters' connection states, and wakes what counts by them.</summary>
internal sealed partial class ClusterTransitions(
    FleetDatabase database, SyncStore syncs, ClusterStore clusters, TargetStore targets, WorkStore work, TimeProvider time, ILogger<ClusterTransitions> logger)
{
    private const int Chunk = 500;

    public async Task WriteAsync(IReadOnlyList<ClusterTransition> transitions, CancellationToken cancellationToken)
    {
        foreach (var chunk in transitions.OrderBy(transition => transition.ClusterId, StringComparer.Ordinal).Chunk(Chunk))
        {
            await database.WriteAsync(async (tx, cancel) =>
            {
                foreach (var transition in chunk)
                {
                    await WriteAsync(tx, transition, cancel).ConfigureAwait(false);
                }
            }, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Writes one transition, unless another session has begun since.</summary>
    public async Task WriteAsync(Transaction tx, ClusterTransition transition, CancellationToken cancellationToken)
    {
        var sync = await syncs.LockAsync(tx, transition.ClusterId, cancellationToken).ConfigureAwait(false);
        if (sync is null || sync.Fence != transition.Fence || (sync.SessionId is not null) != transition.Attached)
        {
            return;
        }

        var cluster = await clusters.LockAsync(tx, transition.ClusterId, cancellationToken).ConfigureAwait(false);
        if (cluster is null || !Enum.TryParse<Connectivity>(cluster.State, out var before) || before == transition.State)
        {
            return;
        }

        // Of a cluster that nobody holds, only the passing of time is written: another node may have begun to count earlier.
        if (!transition.Attached && transition.State < before)
        {
            return;
        }

        var now = time.GetUtcNow();
        await clusters.TransitionAsync(tx, cluster.Id, transition.State.ToString(), now,
            transition.State == Connectivity.Connected ? now : transition.LastHeard, cancellationToken).ConfigureAwait(false);
        Log.Moved(logger, cluster.Name, before, transition.State);
        if (ClusterLiveness.IsHeard(before) != ClusterLiveness.IsHeard(transition.State))
        {
            await RaiseAsync(tx, cluster.Id, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Whether the cluster counts as ready may have changed for all of its Assignments.</summary>
    public async Task RaiseAsync(Transaction tx, string cluster, CancellationToken cancellationToken)
    {
        await work.RaiseAsync(tx, WorkKinds.GroupStatus, WorkKinds.All, database.Clock.GetUtcNow() + TimeSpan.FromSeconds(1), cancellationToken).ConfigureAwait(false);
        var own = await targets.OfClusterAsync(tx, cluster, 0, cancellationToken).ConfigureAwait(false);
        await work.RaiseReportedAsync(tx, own.Select(target => target.Assignment), database.Clock, cancellationToken).ConfigureAwait(false);
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "ClusterMoved", Level = LogLevel.Information, Message = "Cluster {Cluster} was {Before} and is {Now}")]
        public static partial void Moved(ILogger logger, string cluster, Connectivity before, Connectivity now);
    }
}
