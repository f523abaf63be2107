using System.Data.Common;

namespace Fleet.Hub.Storage;

/// <summary>An open transaction and what must be given back after it.</summary>
internal sealed class TransactionScope(Transaction transaction, DbTransaction raw, Func<ValueTask> giveBack, Action? beforeEnd = null) : IAsyncDisposable
{
    public Transaction Transaction => transaction;

    public Task CommitAsync(CancellationToken cancellationToken) => raw.CommitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        try
        {
            // Rolls back what was not committed.
            beforeEnd?.Invoke();
            await raw.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            await giveBack().ConfigureAwait(false);
        }
    }
}
