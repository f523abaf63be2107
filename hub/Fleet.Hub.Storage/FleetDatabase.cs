using System.Data.Common;
using Fleet.Hub.Storage.Signals;

namespace Fleet.Hub.Storage;

/// <summary>The hub's database: transactions over SQLite or PostgreSQL, retried when they collide.</summary>
/// <remarks>
/// A body must do nothing but read and write through its <see cref="Transaction"/>: it may run several times. It must not
/// await anything else either, since on SQLite it holds the only writer.
/// </remarks>
public abstract class FleetDatabase : IAsyncDisposable
{
    /// <summary>How long a transaction waits for its turn.</summary>
    internal static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(30);

    private const int MaxTries = 8;
    private static readonly AsyncLocal<FleetDatabase?> Writing = new();

    public abstract DatabaseKind Kind { get; }

    /// <summary>Hints that something changed, at this hub node or another; a slow poll must stand behind each.</summary>
    public abstract IChangeSignal Changes { get; }

    /// <summary>The clock that leases are judged by: all hub nodes of one database share it, whatever their own clocks say.</summary>
    public abstract TimeProvider Clock { get; }

    /// <summary>Which physical database this is: (system identifier, timeline). A restore or a promotion changes it.</summary>
    public abstract Task<DatabaseIdentity> IdentityAsync(CancellationToken cancellationToken);

    /// <summary>Runs <paramref name="body"/> in one durable transaction.</summary>
    public async Task<T> WriteAsync<T>(Func<Transaction, CancellationToken, Task<T>> body, CancellationToken cancellationToken)
    {
        if (Writing.Value == this)
        {
            throw new InvalidOperationException("A write inside a write would wait for itself: pass the Transaction on.");
        }

        for (var attempt = 1; ; attempt++)
        {
            Transaction transaction;
            T result;
            try
            {
                await using var scope = await OpenWriteAsync(cancellationToken).ConfigureAwait(false);
                transaction = scope.Transaction;
                Writing.Value = this;
                try
                {
                    result = await body(transaction, cancellationToken).ConfigureAwait(false);
                }
                finally
                {
                    Writing.Value = null;
                }

                // Not to be cancelled: whether it was stored must not stay open.
                await scope.CommitAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (DbException e) when (IsCollision(e))
            {
                if (attempt == MaxTries)
                {
                    throw new StorageException(StorageFailure.Contention, $"A transaction collided with others {MaxTries} times; try again later.", e);
                }

                // Full jitter, so that colliding writers do not meet again.
                var delay = TimeSpan.FromMilliseconds(Random.Shared.NextDouble() * 10 * (1 << attempt));
                await Task.Delay(delay, cancellationToken).ConfigureAwait(false);
                continue;
            }
            catch (DbException e) when (Outage(e) is { } outage)
            {
                throw outage;
            }

            foreach (var (topic, node) in transaction.Signals)
            {
                Changes.Publish(topic, node);
            }

            return result;
        }
    }

    /// <summary>Runs <paramref name="body"/> in one durable transaction.</summary>
    public Task WriteAsync(Func<Transaction, CancellationToken, Task> body, CancellationToken cancellationToken) =>
        WriteAsync(
            async (transaction, cancel) =>
            {
                await body(transaction, cancel).ConfigureAwait(false);
                return true;
            },
            cancellationToken);

    /// <summary>Runs <paramref name="body"/> over one unchanging snapshot of the database.</summary>
    public async Task<T> ReadAsync<T>(Func<Transaction, CancellationToken, Task<T>> body, CancellationToken cancellationToken)
    {
        try
        {
            await using var scope = await OpenReadAsync(cancellationToken).ConfigureAwait(false);
            return await body(scope.Transaction, cancellationToken).ConfigureAwait(false);
        }
        catch (DbException e) when (Outage(e) is { } outage)
        {
            throw outage;
        }
    }

    public abstract ValueTask DisposeAsync();

    internal abstract Task<TransactionScope> OpenWriteAsync(CancellationToken cancellationToken);

    internal abstract Task<TransactionScope> OpenReadAsync(CancellationToken cancellationToken);

    internal abstract bool IsCollision(DbException exception);

    /// <summary>What to tell when the database is full or away, which is nobody's bug; null for any other failure.</summary>
    internal abstract StorageException? Outage(DbException exception);
}

/// <summary>Which physical database a hub speaks to.</summary>
public sealed record DatabaseIdentity(string SystemIdentifier, long Timeline);
