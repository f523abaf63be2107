using Fleet.Hub.Storage.Rows;

namespace Fleet.Hub.Storage.Content;

/// <summary>Pinned Git objects, shared by all hub nodes: a force-push or a lost mirror takes nothing from what is deployed.</summary>
public sealed class ContentStore(ContentLimits limits)
{
    // Taking in and sweeping exclude each other: else a sweep could take an object that a new closure just found stored.
    private const string Lock = "fleet/content";

    private static readonly Bulk<StoredObject> PutObjects = new(
        "INSERT INTO git_object (oid, type, size, content) SELECT oid, type, size, content FROM ({rows}) v WHERE true ON CONFLICT (oid) DO NOTHING",
        new("oid", BulkType.Text, row => row.Oid),
        new("type", BulkType.Text, row => row.Type),
        new("size", BulkType.Integer, row => row.Size),
        new("content", BulkType.Bytes, row => row.Content));

    private static readonly Bulk<Member> PutMembers = new(
        "INSERT INTO closure_object (digest, oid) SELECT digest, oid FROM ({rows}) v WHERE true ON CONFLICT DO NOTHING",
        new("digest", BulkType.Text, row => row.Digest),
        new("oid", BulkType.Text, row => row.Oid));

    /// <summary>Which of these objects are not stored yet: all that has to be read from the mirror.</summary>
    public async Task<IReadOnlyList<string>> MissingAsync(Transaction transaction, IReadOnlyCollection<string> oids, CancellationToken cancellationToken)
    {
        var stored = await transaction.QueryAsync<string>(
            $"SELECT oid FROM git_object WHERE {transaction.Dialect.In("oid", "oids")}", new { oids = transaction.Dialect.List(oids) }, cancellationToken).ConfigureAwait(false);
        return [.. oids.Except(stored, StringComparer.Ordinal)];
    }

    /// <summary>
    /// Stores a closure: the objects that were missing, and the ids of all. Everything must have been checked against
    /// its id before. Should an object have been swept since <see cref="MissingAsync"/>, false: ask again.
    /// </summary>
    /// <exception cref="ArgumentException">It is over the limits, which the mirror should have refused by name.</exception>
    public async Task<bool> PutAsync(
        Transaction transaction, StoredClosure closure, IReadOnlyCollection<string> oids, IReadOnlyList<StoredObject> missing, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (closure.Objects > limits.MaxObjects || closure.Bytes > limits.MaxClosureBytes || missing.Any(item => item.Content.LongLength > limits.MaxObjectBytes))
        {
            throw new ArgumentException($"The closure of {closure.CommitId} ({closure.Objects} objects, {closure.Bytes} bytes) is over the store's limits.", nameof(closure));
        }

        await transaction.LockAsync(Lock, cancellationToken).ConfigureAwait(false);
        await transaction.ExecuteAsync(PutObjects, missing, cancellationToken).ConfigureAwait(false);
        if ((await MissingAsync(transaction, oids, cancellationToken).ConfigureAwait(false)).Count > 0)
        {
            return false;
        }

        await transaction.ExecuteAsync(
            "INSERT INTO closure (digest, objects, bytes, created) VALUES (@Digest, @Objects, @Bytes, @now) ON CONFLICT (digest) DO NOTHING",
            new { closure.Digest, closure.Objects, closure.Bytes, now },
            cancellationToken).ConfigureAwait(false);
        await transaction.ExecuteAsync(PutMembers, [.. oids.Order(StringComparer.Ordinal).Select(oid => new Member(closure.Digest, oid))], cancellationToken).ConfigureAwait(false);
        await transaction.ExecuteAsync(
            """
            INSERT INTO closure_of (source, commit_id, roots, digest, last_used) VALUES (@Source, @CommitId, @Roots, @Digest, @now)
            ON CONFLICT (source, commit_id, roots) DO UPDATE SET digest = excluded.digest, last_used = excluded.last_used
            """,
            new { closure.Source, closure.CommitId, closure.Roots, closure.Digest, now },
            cancellationToken).ConfigureAwait(false);
        return true;
    }

    public Task<StoredClosure?> GetClosureAsync(Transaction transaction, string source, string commitId, string roots, CancellationToken cancellationToken) =>
        transaction.FirstAsync<StoredClosure>(
            """
            SELECT o.source, o.commit_id, o.roots, o.digest, c.objects, c.bytes FROM closure_of o JOIN closure c ON c.digest = o.digest
            WHERE o.source = @source AND o.commit_id = @commitId AND o.roots = @roots
            """,
            new { source, commitId, roots },
            cancellationToken);

    /// <summary>All objects of a closure, in order of oid; empty: not held (any more).</summary>
    public Task<IReadOnlyList<ObjectEntry>> ListAsync(Transaction transaction, string digest, CancellationToken cancellationToken) =>
        transaction.QueryAsync<ObjectEntry>(
            "SELECT g.oid, g.type, g.size FROM closure_object m JOIN git_object g ON g.oid = m.oid WHERE m.digest = @digest ORDER BY g.oid", new { digest }, cancellationToken);

    /// <summary>Which of these objects belong to the closure: others are not served.</summary>
    public Task<IReadOnlyList<ObjectEntry>> WithinAsync(Transaction transaction, string digest, IEnumerable<string> oids, CancellationToken cancellationToken) =>
        transaction.QueryAsync<ObjectEntry>(
            $"""
            SELECT g.oid, g.type, g.size FROM closure_object m JOIN git_object g ON g.oid = m.oid
            WHERE m.digest = @digest AND {transaction.Dialect.In("m.oid", "oids")} ORDER BY g.oid
            """,
            new { digest, oids = transaction.Dialect.List(oids) },
            cancellationToken);

    /// <summary>Objects with their bytes. Ask for as many as fit in memory: sizes are known from the lists.</summary>
    public Task<IReadOnlyList<StoredObject>> GetObjectsAsync(Transaction transaction, IEnumerable<string> oids, CancellationToken cancellationToken) =>
        transaction.QueryAsync<StoredObject>(
            $"SELECT oid, type, size, content FROM git_object WHERE {transaction.Dialect.In("oid", "oids")} ORDER BY oid",
            new { oids = transaction.Dialect.List(oids) },
            cancellationToken);

    /// <summary>Notes that a closure is still of use; see <see cref="SweepAsync"/>.</summary>
    public Task TouchAsync(Transaction transaction, string digest, DateTimeOffset now, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync("UPDATE closure_of SET last_used = @now WHERE digest = @digest", new { digest, now }, cancellationToken);

    /// <summary>Drops closures that no target names and nobody used since a time, and what only they needed. Gives the objects dropped.</summary>
    public async Task<int> SweepAsync(Transaction transaction, DateTimeOffset before, CancellationToken cancellationToken)
    {
        await transaction.LockAsync(Lock, cancellationToken).ConfigureAwait(false);
        await transaction.ExecuteAsync(
            "DELETE FROM closure_of WHERE last_used < @before AND digest NOT IN (SELECT DISTINCT closure_digest FROM target)", new { before }, cancellationToken).ConfigureAwait(false);
        await transaction.ExecuteAsync(
            "DELETE FROM closure WHERE NOT EXISTS (SELECT 1 FROM closure_of o WHERE o.digest = closure.digest)", null, cancellationToken).ConfigureAwait(false);
        return await transaction.ExecuteAsync(
            "DELETE FROM git_object WHERE NOT EXISTS (SELECT 1 FROM closure_object m WHERE m.oid = git_object.oid)", null, cancellationToken).ConfigureAwait(false);
    }

    private sealed record Member(string Digest, string Oid);
}
