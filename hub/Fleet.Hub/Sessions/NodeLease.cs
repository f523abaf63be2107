using System.Reflection;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Identity;
using Fleet.Hub.Storage.Sessions;
using Fleet.Hub.Storage.Signals;
using Fleet.Hub.Storage.Work;

namespace Fleet.Hub.Sessions;

/// <summary>Keeps this node's lease, and ends the sessions of nodes whose lease has run out.</summary>
internal sealed partial class NodeLease(
    FleetDatabase database, NodeStore nodes, SyncStore syncs, WorkStore work, NodeIdentity node, TimeProvider time, ILogger<NodeLease> logger) : BackgroundService
{
    private readonly DateTimeOffset _started = time.GetUtcNow();

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // Before anything is claimed or attached under this name: what an earlier process of it left is over.
        await TakeAsync(cancellationToken).ConfigureAwait(false);
        await database.WriteAsync(async (tx, cancel) =>
        {
            await syncs.DetachNodeAsync(tx, node.Name, time.GetUtcNow(), cancel).ConfigureAwait(false);
        }, cancellationToken).ConfigureAwait(false);
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var every = NodeStore.Lease / 3;
        while (true)
        {
            await Task.Delay(every, time, stoppingToken).ConfigureAwait(false);
            try
            {
                await RenewAsync(stoppingToken).ConfigureAwait(false);
                await BuryAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, e);
            }
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        await database.WriteAsync(async (tx, cancel) =>
        {
            await syncs.DetachNodeAsync(tx, node.Name, time.GetUtcNow(), cancel).ConfigureAwait(false);
            await work.ReleaseOwnerAsync(tx, node.Owner, cancel).ConfigureAwait(false);
            await nodes.RemoveAsync(tx, node.Name, node.BootId, cancel).ConfigureAwait(false);
        }, cancellationToken).ConfigureAwait(false);
    }

    // An earlier process that was killed holds its lease for some seconds more. One that lives renews it, and is another node.
    private async Task TakeAsync(CancellationToken cancellationToken)
    {
        if (database.Kind == DatabaseKind.Sqlite)
        {
            // The file was locked by whoever had it open: that process is dead.
            await database.WriteAsync(async (tx, cancel) =>
            {
                foreach (var earlier in await nodes.ListAsync(tx, cancel).ConfigureAwait(false))
                {
                    await nodes.RemoveAsync(tx, earlier.Name, earlier.BootId, cancel).ConfigureAwait(false);
                    await work.ReleaseOwnerAsync(tx, $"{earlier.Name}/{earlier.BootId}", cancel).ConfigureAwait(false);
                }
            }, cancellationToken).ConfigureAwait(false);
        }

        var begun = time.GetTimestamp();
        while (!await RenewAsync(cancellationToken).ConfigureAwait(false))
        {
            if (time.GetElapsedTime(begun) > NodeStore.Lease * 3)
            {
                throw new StorageException(StorageFailure.InUse, $"Another hub node runs under the name '{node.Name}'. Give each its own with --node-name.");
            }

            await Task.Delay(NodeStore.Lease / 5, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<bool> RenewAsync(CancellationToken cancellationToken)
    {
        var now = database.Clock.GetUtcNow();
        var self = new HubNode(
            node.Name, node.BootId, "", typeof(NodeLease).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "",
            _started, now + NodeStore.Lease);
        var renewed = await database.WriteAsync((tx, cancel) => nodes.RenewAsync(tx, self, now, cancel), cancellationToken).ConfigureAwait(false);
        if (!renewed)
        {
            Log.NameTaken(logger, node.Name);
        }

        return renewed;
    }

    private async Task BuryAsync(CancellationToken cancellationToken)
    {
        var dead = await database.ReadAsync((tx, cancel) => nodes.ListAsync(tx, cancel), cancellationToken).ConfigureAwait(false);
        if (dead.All(other => other.LeaseUntil >= database.Clock.GetUtcNow()))
        {
            return;
        }

        await database.WriteAsync(async (tx, cancel) =>
        {
            foreach (var other in await nodes.ExpiredAsync(tx, database.Clock.GetUtcNow(), cancel).ConfigureAwait(false))
            {
                var ended = await syncs.DetachNodeAsync(tx, other.Name, time.GetUtcNow(), cancel).ConfigureAwait(false);
                await work.ReleaseOwnerAsync(tx, $"{other.Name}/{other.BootId}", cancel).ConfigureAwait(false);
                await nodes.RemoveAsync(tx, other.Name, other.BootId, cancel).ConfigureAwait(false);
                tx.Signal(Topics.Sessions);
                Log.Buried(logger, other.Name, ended.Count);
            }
        }, cancellationToken).ConfigureAwait(false);
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "NodeLeaseFailed", Level = LogLevel.Warning, Message = "The lease of this hub node could not be renewed; it is tried again")]
        public static partial void Failed(ILogger logger, Exception exception);

        [LoggerMessage(EventName = "NodeNameTaken", Level = LogLevel.Warning, Message = "Another hub node runs, or ran until seconds ago, under the name {Node}: each needs its own (--node-name)")]
        public static partial void NameTaken(ILogger logger, string node);

        [LoggerMessage(EventName = "NodeBuried", Level = LogLevel.Warning, Message = "Hub node {Node} has gone silent: its {Count} sessions are ended")]
        public static partial void Buried(ILogger logger, string node, int count);
    }
}
