using System.Security.Cryptography;

namespace Fleet.Hub.Storage.Targets;

/// <summary>Serialised TargetSpecs by their SHA-256, shared by all clusters that have the same one.</summary>
public sealed class SpecStore
{
    /// <summary>Stores a spec and gives its hex digest.</summary>
    public async Task<string> PutAsync(Transaction transaction, byte[] content, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var digest = Convert.ToHexStringLower(SHA256.HashData(content));

        // Also one that is there already is dated anew, so that no sweep takes it before a target names it.
        await transaction.ExecuteAsync(
            "INSERT INTO target_spec (digest, content, created) VALUES (@digest, @content, @now) ON CONFLICT (digest) DO UPDATE SET created = excluded.created",
            new { digest, content, now },
            cancellationToken).ConfigureAwait(false);
        return digest;
    }

    public Task<IReadOnlyList<StoredSpec>> GetAsync(Transaction transaction, IEnumerable<string> digests, CancellationToken cancellationToken) =>
        transaction.QueryAsync<StoredSpec>(
            $"SELECT digest, content FROM target_spec WHERE {transaction.Dialect.In("digest", "digests")} ORDER BY digest",
            new { digests = transaction.Dialect.List(digests) },
            cancellationToken);

    /// <summary>Whether a cluster's targets name the spec: an agent gets no others.</summary>
    public async Task<bool> IsTargetOfAsync(Transaction transaction, string cluster, string digest, CancellationToken cancellationToken) =>
        await transaction.FirstAsync<long>(
            "SELECT count(*) FROM target WHERE cluster = @cluster AND spec_digest = @digest", new { cluster, digest }, cancellationToken).ConfigureAwait(false) > 0;

    /// <summary>Drops specs that were last put before a time and that no target names.</summary>
    public Task<int> SweepAsync(Transaction transaction, DateTimeOffset before, CancellationToken cancellationToken) =>
        transaction.ExecuteAsync(
            "DELETE FROM target_spec WHERE created < @before AND digest NOT IN (SELECT DISTINCT spec_digest FROM target)", new { before }, cancellationToken);
}

/// <summary>A serialised TargetSpec.</summary>
public sealed record StoredSpec(string Digest, byte[] Content);
