using System.Security.Cryptography;
using System.Text;
using Fleet.Hub.Git;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Content;

namespace Fleet.Hub.Assignments;

/// <summary>Puts the content of a Revision into the shared store before the Revision may become a target.</summary>
/// <remarks>So a force-push, another node, or a mirror that is deleted takes nothing from what clusters are to have.</remarks>
internal sealed class ClosurePins(FleetDatabase database, FleetStores stores, ClosureLimits limits, TimeProvider time)
{
    private const int MaxSweeps = 3;

    /// <summary>How the store names a set of roots.</summary>
    public static string RootsKey(IReadOnlyList<string> roots) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', roots))));

    /// <summary>The digest of a closure that is stored; null: it is not.</summary>
    public async Task<string?> FindAsync(string sourceUid, string commit, IReadOnlyList<string> roots, CancellationToken cancellationToken) =>
        (await database.ReadAsync((tx, cancel) => stores.Content.GetClosureAsync(tx, sourceUid, commit, RootsKey(roots), cancel), cancellationToken).ConfigureAwait(false))?.Digest;

    /// <summary>Gives the closure's digest once all its objects are stored.</summary>
    public async Task<GitResult<string>> PinAsync(GitMirror mirror, string sourceUid, string commit, IReadOnlyList<string> roots, CancellationToken cancellationToken)
    {
        var key = RootsKey(roots);
        if (await FindAsync(sourceUid, commit, roots, cancellationToken).ConfigureAwait(false) is { } stored)
        {
            return stored;
        }

        var closure = await mirror.ReadClosureAsync(commit, roots, limits, cancellationToken).ConfigureAwait(false);
        if (!closure.IsOk)
        {
            return closure.Failure;
        }

        for (var attempt = 0; attempt < MaxSweeps; attempt++)
        {
            var put = await PutAsync(mirror, sourceUid, key, closure.Value, cancellationToken).ConfigureAwait(false);
            if (!put.IsOk)
            {
                return put.Failure;
            }

            if (put.Value)
            {
                await mirror.PinAsync(commit, cancellationToken).ConfigureAwait(false);
                return closure.Value.Digest;
            }
        }

        throw new StorageException(StorageFailure.Contention, $"The content of {commit} was swept while it was stored, {MaxSweeps} times in a row; it is tried again.", null);
    }

    private async Task<GitResult<bool>> PutAsync(GitMirror mirror, string sourceUid, string key, Closure closure, CancellationToken cancellationToken)
    {
        var oids = closure.Entries.Select(entry => entry.Oid).Distinct(StringComparer.Ordinal).ToArray();
        var lacking = await database.ReadAsync((tx, cancel) => stores.Content.MissingAsync(tx, oids, cancel), cancellationToken).ConfigureAwait(false);
        var objects = new List<StoredObject>(lacking.Count);
        foreach (var oid in lacking)
        {
            var read = await mirror.ReadObjectAsync(oid, limits.MaxBlobBytes, cancellationToken).ConfigureAwait(false);
            if (!read.IsOk)
            {
                return read.Failure;
            }

            objects.Add(new StoredObject(oid, read.Value.Kind.ToString().ToLowerInvariant(), read.Value.Bytes.LongLength, read.Value.Bytes));
        }

        var row = new StoredClosure(sourceUid, closure.Commit, key, closure.Digest, oids.Length, closure.Bytes);
        return await database.WriteAsync((tx, cancel) => stores.Content.PutAsync(tx, row, oids, objects, time.GetUtcNow(), cancel), cancellationToken).ConfigureAwait(false);
    }
}
