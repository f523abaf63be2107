namespace Fleet.Hub.Storage.Identity;

/// <summary>Marks that nodes leave in the database and beside it: a database that lacks a node's own mark is older than that node's last look.</summary>
public sealed class HubMarkStore
{
    private const int Kept = 2_000;

    public async Task AddAsync(Transaction transaction, string mark, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await transaction.ExecuteAsync("INSERT INTO hub_mark (id, made) VALUES (@mark, @now)", new { mark, now }, cancellationToken).ConfigureAwait(false);
        await transaction.ExecuteAsync(
            $"DELETE FROM hub_mark WHERE made < (SELECT min(made) FROM (SELECT made FROM hub_mark ORDER BY made DESC LIMIT {Kept}) newest)", null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether the mark is there.</summary>
    public async Task<bool> HasAsync(Transaction transaction, string mark, CancellationToken cancellationToken) =>
        await transaction.FirstAsync<string>("SELECT id FROM hub_mark WHERE id = @mark", new { mark }, cancellationToken).ConfigureAwait(false) is not null;

    /// <summary>Whether there is any: a database that no hub with marks has used yet proves nothing.</summary>
    public async Task<bool> AnyAsync(Transaction transaction, CancellationToken cancellationToken) =>
        await transaction.FirstAsync<string>("SELECT id FROM hub_mark LIMIT 1", null, cancellationToken).ConfigureAwait(false) is not null;
}
