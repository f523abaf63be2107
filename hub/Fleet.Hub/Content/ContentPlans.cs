using System.Security.Cryptography;
using System.Text;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Content;

namespace Fleet.Hub.Content;

/// <summary>Works out what an agent lacks of a closure, once for all that lack the same.</summary>
internal sealed class ContentPlans(FleetDatabase database, ContentStore store, ContentParts parts, ContentOptions options)
{
    private const int BytesPerEntry = 160;
    private const long MaxBytes = 32L << 20;

    private readonly SharedResults<string, ContentPlan> _plans = new(MaxBytes);

    /// <summary>All that the wanted closure has and the other has not.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="have">Digest of a closure that the agent says to hold; empty or unknown here: nothing.</param>
    /// <param name="want">Digest of the closure of its assigned Revision.</param>
    /// <returns>Null: the wanted closure is not held.</returns>
    public async Task<ContentPlan?> DiffAsync(string have, string want, CancellationToken cancellationToken)
    {
        var plan = await _plans.GetAsync($"{have}>{want}", async cancel =>
        {
            var made = await MakeAsync(have, want, cancel).ConfigureAwait(false);
            return (made, (long)(made.Pages.Sum(page => page.Oids.Count) + made.TreeBases.Count + 1) * BytesPerEntry);
        }, cancellationToken).ConfigureAwait(false);
        return plan == Nothing ? null : plan;
    }

    /// <summary>Single objects; null: at least one is not of this closure.</summary>
    public async Task<ContentPlan?> SinglesAsync(string want, IReadOnlyCollection<string> oids, CancellationToken cancellationToken)
    {
        var found = await database.ReadAsync((tx, cancel) => store.WithinAsync(tx, want, oids, cancel), cancellationToken).ConfigureAwait(false);
        if (found.Count != oids.Count)
        {
            return null;
        }

        var key = Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(string.Join(',', oids.Order(StringComparer.Ordinal)))));
        return ContentPlan.Of(key, found, new Dictionary<string, string>(), options.PartBytes);
    }

    private static readonly ContentPlan Nothing = new("", [], new Dictionary<string, string>());

    private async Task<ContentPlan> MakeAsync(string have, string want, CancellationToken cancellationToken)
    {
        var (wanted, held) = await database.ReadAsync(async (tx, cancel) => (
            await store.ListAsync(tx, want, cancel).ConfigureAwait(false),
            have.Length == 0 ? [] : await store.ListAsync(tx, have, cancel).ConfigureAwait(false)), cancellationToken).ConfigureAwait(false);
        if (wanted.Count == 0)
        {
            return Nothing;
        }

        var haveOids = held.Select(entry => entry.Oid).ToHashSet(StringComparer.Ordinal);
        var lacking = wanted.Where(entry => !haveOids.Contains(entry.Oid)).ToArray();
        var bases = await BasesAsync(held, wanted, haveOids, lacking, cancellationToken).ConfigureAwait(false);
        return ContentPlan.Of($"{have}>{want}", lacking, bases, options.PartBytes);
    }

    private Task<IReadOnlyDictionary<string, string>> BasesAsync(
        IReadOnlyList<ObjectEntry> held, IReadOnlyList<ObjectEntry> wanted, HashSet<string> haveOids, ObjectEntry[] lacking, CancellationToken cancellationToken)
    {
        // A closure has one commit: that whose content it is.
        var before = held.FirstOrDefault(entry => entry.Type == "commit");
        var after = wanted.FirstOrDefault(entry => entry.Type == "commit");
        return before is null || after is null
            ? Task.FromResult<IReadOnlyDictionary<string, string>>(new Dictionary<string, string>())
            : new TreePairs(parts.ReadAsync, haveOids, lacking.Where(entry => entry.Type == "tree").Select(entry => entry.Oid).ToHashSet(StringComparer.Ordinal))
                .WalkAsync(before.Oid, after.Oid, cancellationToken);
    }
}
