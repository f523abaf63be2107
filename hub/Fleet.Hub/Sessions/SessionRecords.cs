using Fleet.Hub.Core.Sessions;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Sessions;
using Fleet.Hub.Storage.Targets;
using Fleet.Hub.Storage.Work;
using Fleet.Hub.Work;

namespace Fleet.Hub.Sessions;

/// <summary>What a running session reads and writes.</summary>
internal sealed class SessionRecords(
    FleetDatabase database, SyncStore syncs, TargetStore targets, SpecStore specs, Storage.Clusters.ClusterStore clusters, WorkStore work, TimeProvider time)
{
    /// <summary>The desired state that an agent lacks; null: it lacks nothing.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="clusterId">Its cluster.</param>
    /// <param name="has">Where it stands once it has taken what was sent; null: send everything.</param>
    public Task<DesiredChange?> DesiredAsync(string clusterId, ChainPoint? has, CancellationToken cancellationToken) =>
        database.ReadAsync(async (tx, cancel) =>
        {
            var sync = await syncs.GetAsync(tx, clusterId, cancel).ConfigureAwait(false);
            if (sync is null)
            {
                return null;
            }

            var head = new ChainPoint((ulong)sync.DesiredGeneration, sync.Chain);
            if (has is not null && has.Generation == head.Generation && has.Chain.AsSpan().SequenceEqual(head.Chain))
            {
                return null;
            }

            var from = has is not null && has.Generation < head.Generation && has.Generation > 0 ? has : null;
            var rows = await targets.OfClusterAsync(tx, clusterId, (long)(from?.Generation ?? 0), cancel).ConfigureAwait(false);
            return DesiredChange.Of(from, head, rows);
        }, cancellationToken);

    /// <summary>Those of the specs that are this cluster's; others do not exist for it.</summary>
    public Task<IReadOnlyList<(string Digest, byte[] Content)>> SpecsAsync(string clusterId, IReadOnlyList<string> digests, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<(string, byte[])>>(async (tx, cancel) =>
        {
            var own = await targets.OfClusterAsync(tx, clusterId, 0, cancel).ConfigureAwait(false);
            var wanted = own.Select(target => target.SpecDigest).Intersect(digests, StringComparer.Ordinal).ToArray();
            var found = wanted.Length == 0 ? [] : await specs.GetAsync(tx, wanted, cancel).ConfigureAwait(false);
            return [.. found.Select(spec => (spec.Digest, spec.Content))];
        }, cancellationToken);

    /// <summary>Notes what the agent has persisted; false: the session is not the live one, or the agent says what was never sent.</summary>
    public Task<bool> AckAsync(LiveSession session, ChainPoint point, CancellationToken cancellationToken) =>
        point.Generation > long.MaxValue
            ? Task.FromResult(false)
            : database.WriteAsync(async (tx, cancel) =>
            {
                if (!await syncs.AcknowledgeAsync(tx, session.ClusterId, (long)session.Fence, (long)point.Generation, point.Chain, cancel).ConfigureAwait(false))
                {
                    return false;
                }

                await DropFinishedAsync(tx, session.ClusterId, cancel).ConfigureAwait(false);
                return true;
            }, cancellationToken);

    /// <summary>Takes away the tombstones that the agent has accepted and carried out, and wakes the Assignments that waited for that.</summary>
    public async Task DropFinishedAsync(Transaction tx, string clusterId, CancellationToken cancellationToken)
    {
        var dropped = await targets.DropAcknowledgedAsync(tx, clusterId, cancellationToken).ConfigureAwait(false);
        await work.RaiseReportedAsync(tx, dropped.Select(target => target.Assignment), database.Clock, cancellationToken).ConfigureAwait(false);
        if (dropped.Any(target => target.TombstoneCause == nameof(V1.RemovalCause.ClusterDecommissioned)))
        {
            await work.RaiseNowAsync(tx, WorkKinds.Decommission, clusterId, database.Clock, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The session has ended; nothing happens if another one has begun.</summary>
    public Task DetachAsync(LiveSession session, CancellationToken cancellationToken) =>
        database.WriteAsync(async (tx, cancel) =>
        {
            if (await syncs.DetachAsync(tx, session.ClusterId, (long)session.Fence, time.GetUtcNow(), cancel).ConfigureAwait(false))
            {
                await clusters.SeenAtAsync(tx, session.ClusterId, time.GetUtcNow() - session.Silence, cancel).ConfigureAwait(false);
                tx.Signal(Storage.Signals.Topics.Sessions);
            }
        }, cancellationToken);
}
