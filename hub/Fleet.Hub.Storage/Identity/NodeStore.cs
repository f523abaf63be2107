namespace Fleet.Hub.Storage.Identity;

/// <summary>A replica of the hub, while its lease lives.</summary>
public sealed record HubNode(string Name, string BootId, string Address, string Version, DateTimeOffset Started, DateTimeOffset LeaseUntil);

/// <summary>Leases of the hub's nodes. Judge them by <see cref="FleetDatabase.Clock"/>.</summary>
public sealed class NodeStore
{
    /// <summary>How long a lease lasts; renew it three times as often.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(5);

    private const string Columns = "name, boot_id, address, version, started, lease_until";

    /// <summary>
    /// Takes or renews the node's lease; false: the name is held by another living process, so two nodes were given one name.
    /// </summary>
    public async Task<bool> RenewAsync(Transaction transaction, HubNode node, DateTimeOffset now, CancellationToken cancellationToken)
    {
        const string Sql = $"""
            INSERT INTO hub_node ({Columns}) VALUES (@Name, @BootId, @Address, @Version, @Started, @LeaseUntil)
            ON CONFLICT (name) DO UPDATE SET boot_id = excluded.boot_id, address = excluded.address, version = excluded.version,
                started = excluded.started, lease_until = excluded.lease_until
            WHERE hub_node.boot_id = excluded.boot_id OR hub_node.lease_until < @Now
            """;
        var (name, bootId, address, version, started, leaseUntil) = node;
        return await transaction.ExecuteAsync(
            Sql,
            new { Name = name, BootId = bootId, Address = address, Version = version, Started = started, LeaseUntil = leaseUntil, Now = now },
            cancellationToken).ConfigureAwait(false) == 1;
    }

    public Task<IReadOnlyList<HubNode>> ListAsync(Transaction transaction, CancellationToken cancellationToken) =>
        transaction.QueryAsync<HubNode>($"SELECT {Columns} FROM hub_node ORDER BY name", null, cancellationToken);

    /// <summary>Nodes whose lease has ended: their sessions are to be detached, then they are removed.</summary>
    public Task<IReadOnlyList<HubNode>> ExpiredAsync(Transaction transaction, DateTimeOffset now, CancellationToken cancellationToken) =>
        transaction.QueryAsync<HubNode>(
            $"SELECT {Columns} FROM hub_node WHERE lease_until < @now ORDER BY name {transaction.Dialect.ForUpdate}", new { now }, cancellationToken);

    /// <summary>Forgets a node, if it is still the process meant.</summary>
    public async Task<bool> RemoveAsync(Transaction transaction, string name, string bootId, CancellationToken cancellationToken) =>
        await transaction.ExecuteAsync("DELETE FROM hub_node WHERE name = @name AND boot_id = @bootId", new { name, bootId }, cancellationToken).ConfigureAwait(false) == 1;
}
