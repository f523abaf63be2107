namespace Fleet.Hub.Storage.Identity;

/// <summary>Marks that nodes leave in the database and beside it: a database that lacks a node's own mark is older than that node's last look.</summary>
public sealed class HubMarkStore
{
    // Longer than any node is away: one whose own mark was forgotten would take the database for an older one.
    private static readonly TimeSpan Kept = TimeSpan.FromDays(400);

    public async Task AddAsync(Transaction transaction, string mark, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await transaction.ExecuteAsync("INSERT INTO hub_mark (id, made) VALUES (@mark, @now)", new { mark, now }, cancellationToken).ConfigureAwait(false);
        await transaction.ExecuteAsync("DELETE FROM hub_mark WHERE made < @before", new { before = now - Kept }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether the mark is there.</summary>
    public async Task<bool> HasAsync(Transaction transaction, string mark, CancellationToken cancellationToken) =>
        await transaction.FirstAsync<string>("SELECT id FROM hub_mark WHERE id = @mark", new { mark }, cancellationToken).ConfigureAwait(false) is not null;
}
