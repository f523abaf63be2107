namespace Fleet.Hub.Storage.Clusters;

/// <summary>A cluster that is being taken out of the fleet.</summary>
/// <param name="Cluster">Its id.</param>
/// <param name="Policy">Of its tombstones: Keep or Delete.</param>
/// <param name="Actor">Who said so.</param>
/// <param name="Since">When.</param>
public sealed record StoredDecommission(string Cluster, string Policy, string Actor, DateTimeOffset Since);

/// <summary>Clusters whose identity ends once their agents have let go of everything.</summary>
public sealed class DecommissionStore
{
    private const string Columns = "cluster, policy, actor, since";

    public Task PutAsync(Transaction transaction, StoredDecommission decommission, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            $"INSERT INTO decommission ({Columns}) VALUES (@Cluster, @Policy, @Actor, @Since) ON CONFLICT (cluster) DO UPDATE SET policy = excluded.policy, actor = excluded.actor",
            decommission,
            cancellationToken);

    public Task<StoredDecommission?> GetAsync(Transaction transaction, string cluster, CancellationToken cancellationToken) =>
        transaction.FirstAsync<StoredDecommission>($"SELECT {Columns} FROM decommission WHERE cluster = @cluster", new { cluster }, cancellationToken);

    public Task<IReadOnlyList<StoredDecommission>> ListAsync(Transaction transaction, CancellationToken cancellationToken) =>
        transaction.QueryAsync<StoredDecommission>($"SELECT {Columns} FROM decommission ORDER BY cluster", null, cancellationToken);

    public Task RemoveAsync(Transaction transaction, string cluster, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync("DELETE FROM decommission WHERE cluster = @cluster", new { cluster }, cancellationToken);
}
