using Fleet.Hub.Core.Upgrades;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Audit;
using Fleet.Hub.Storage.Resources;
using Fleet.Hub.Work;
using Fleet.V1;
using Google.Protobuf;

namespace Fleet.Hub.Upgrades;

/// <summary>Upgrades of agents in the database; each write is one compare-and-swap, with an audit row for each cluster that has come to an end.</summary>
internal sealed class UpgradeRecords(FleetStores stores, TimeProvider time)
{
    public const string Kind = "AgentUpgrade";

    public static AgentUpgrade Read(StoredResource row) => AgentUpgrade.Parser.ParseFrom(row.Body);

    public Task<IReadOnlyList<StoredResource>> AllAsync(Transaction tx, CancellationToken cancellationToken) =>
        ResourcePages.AllAsync(stores.Resources, tx, Kind, cancellationToken);

    public Task<StoredResource?> LockAsync(Transaction tx, string id, CancellationToken cancellationToken) =>
        stores.Resources.LockAsync(tx, Kind, id, cancellationToken);

    public Task<StoredResource?> GetAsync(Transaction tx, string id, CancellationToken cancellationToken) =>
        stores.Resources.GetAsync(tx, Kind, id, cancellationToken);

    public Task<bool> InsertAsync(Transaction tx, AgentUpgrade upgrade, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        return stores.Resources.InsertAsync(
            tx, new StoredResource(Kind, upgrade.Id, Guid.CreateVersion7(now).ToString(), 1, 1, new Dictionary<string, string>(), upgrade.ToByteArray(), now, now, null), cancellationToken);
    }

    /// <summary>Stores what a step made of it; false: another node was first.</summary>
    public async Task<bool> WriteAsync(Transaction tx, StoredResource row, AgentUpgrade next, CancellationToken cancellationToken)
    {
        var before = Read(row);
        if (before.Equals(next))
        {
            return true;
        }

        var now = time.GetUtcNow();
        if (await stores.Resources.UpdateAsync(tx, row with { Body = next.ToByteArray(), Changed = now }, cancellationToken).ConfigureAwait(false) is null)
        {
            return false;
        }

        foreach (var cluster in next.Clusters)
        {
            var old = before.Clusters.FirstOrDefault(c => c.Id == cluster.Id);
            if (old?.State != cluster.State)
            {
                var audit = AuditRow.New($"{Kind}/{next.Id}", $"agent.upgrade.{cluster.State.ToString().ToLowerInvariant()}", $"Cluster/{cluster.Name}", now) with
                {
                    Message = $"{next.Version}: {cluster.Message}",
                    Cluster = cluster.Id,
                };
                await stores.Audit.AppendAsync(tx, audit, cancellationToken).ConfigureAwait(false);
            }
        }

        return true;
    }

    public async Task<IReadOnlyDictionary<string, SeenAgent>> SeenAsync(Transaction tx, AgentUpgrade upgrade, CancellationToken cancellationToken)
    {
        var seen = new Dictionary<string, SeenAgent>(StringComparer.Ordinal);
        foreach (var some in upgrade.Clusters.Select(c => c.Id).Chunk(500))
        {
            foreach (var cluster in await stores.Clusters.GetManyAsync(tx, some, cancellationToken).ConfigureAwait(false))
            {
                if (cluster.DeletedAt is null && cluster.RevokedAt is null)
                {
                    seen[cluster.Id] = new(cluster.AgentVersion, cluster.State is "Connected" or "Suspect");
                }
            }
        }

        return seen;
    }
}
