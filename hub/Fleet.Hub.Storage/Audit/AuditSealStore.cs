using System.Security.Cryptography;
using System.Text.Json;

namespace Fleet.Hub.Storage.Audit;

/// <summary>Chains batches of audit rows by hash, after the fact: a chain inside each transaction would serialise all writers.</summary>
public sealed class AuditSealStore
{
    private const string Lock = "fleet/audit";

    /// <summary>Seals the oldest unsealed rows that no open transaction can come before; null: there are none.</summary>
    public async Task<AuditBatch?> SealAsync(Transaction transaction, int limit, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await transaction.LockAsync(Lock, cancellationToken).ConfigureAwait(false);
        var rows = await transaction.QueryAsync<AuditRow>(
            $"""
            SELECT {AuditStore.Columns} FROM audit WHERE batch IS NULL AND {transaction.Dialect.IsSettled("transaction_id")}
            ORDER BY transaction_id, seq LIMIT @limit
            """,
            new { limit },
            cancellationToken).ConfigureAwait(false);
        if (rows.Count == 0)
        {
            return null;
        }

        var last = await HeadAsync(transaction, cancellationToken).ConfigureAwait(false);
        var previous = last?.Hash ?? new byte[SHA256.HashSizeInBytes];
        var batch = new AuditBatch((last?.Batch ?? 0) + 1, Hash(previous, rows), previous, rows.Count, now);
        await transaction.ExecuteAsync(
            "INSERT INTO audit_batch (batch, hash, previous, events, sealed_at) VALUES (@Batch, @Hash, @Previous, @Events, @SealedAt)", batch, cancellationToken).ConfigureAwait(false);
        await transaction.ExecuteAsync(
            $"UPDATE audit SET batch = @Batch WHERE {transaction.Dialect.In("id", "ids")}",
            new { batch.Batch, ids = transaction.Dialect.List(rows.Select(row => row.Id)) },
            cancellationToken).ConfigureAwait(false);
        return batch;
    }

    /// <summary>The newest batch: what to export and keep elsewhere.</summary>
    public Task<AuditBatch?> HeadAsync(Transaction transaction, CancellationToken cancellationToken) =>
        transaction.FirstAsync<AuditBatch>("SELECT batch, hash, previous, events, sealed_at FROM audit_batch ORDER BY batch DESC LIMIT 1", null, cancellationToken);

    /// <summary>The first batch, from <paramref name="from"/> on, whose rows or place in the chain were changed; null: none was.</summary>
    public async Task<long?> FindBrokenAsync(Transaction transaction, long from, CancellationToken cancellationToken)
    {
        var expected = (await BatchAsync(transaction, from - 1, cancellationToken).ConfigureAwait(false))?.Hash ?? new byte[SHA256.HashSizeInBytes];
        for (var number = from; ; number++)
        {
            var batch = await BatchAsync(transaction, number, cancellationToken).ConfigureAwait(false);
            var rows = await transaction.QueryAsync<AuditRow>(
                $"SELECT {AuditStore.Columns} FROM audit WHERE batch = @number ORDER BY transaction_id, seq", new { number }, cancellationToken).ConfigureAwait(false);
            if (batch is null)
            {
                return rows.Count == 0 ? null : number;
            }

            if (!batch.Previous.SequenceEqual(expected) || batch.Events != rows.Count || !batch.Hash.SequenceEqual(Hash(expected, rows)))
            {
                return number;
            }

            expected = batch.Hash;
        }
    }

    private static Task<AuditBatch?> BatchAsync(Transaction transaction, long number, CancellationToken cancellationToken) =>
        transaction.FirstAsync<AuditBatch>("SELECT batch, hash, previous, events, sealed_at FROM audit_batch WHERE batch = @number", new { number }, cancellationToken);

    private static byte[] Hash(byte[] previous, IEnumerable<AuditRow> rows)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(previous);
        foreach (var row in rows)
        {
            hash.AppendData(JsonSerializer.SerializeToUtf8Bytes(new object[]
            {
                row.Id, Rows.Instant.ToMicroseconds(row.Time), row.Actor, row.Action, row.Target, row.Message, row.Cluster, row.Assignment, row.Revision, row.Clusters, row.ClusterCount, row.Seq,
            }));
            hash.AppendData("\n"u8);
        }

        return hash.GetHashAndReset();
    }
}

/// <summary>A sealed batch of audit rows.</summary>
public sealed record AuditBatch(long Batch, byte[] Hash, byte[] Previous, long Events, DateTimeOffset SealedAt);
