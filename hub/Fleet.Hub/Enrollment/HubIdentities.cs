using System.Security.Cryptography;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Holds;
using Fleet.Hub.Storage.Identity;
using Fleet.Hub.Storage.Sealing;

namespace Fleet.Hub.Enrollment;

/// <summary>Makes the hub's identity at its first start, and takes it up at every later one.</summary>
internal sealed class HubIdentities(FleetDatabase database, FleetStores stores, Sealer sealer, TimeProvider clock)
{
    /// <summary>The incident that a changed lineage raises; while it is open, Recover is suspended.</summary>
    public const string LineageIncident = "lineage";

    /// <summary>The identity of this database's hub.</summary>
    /// <exception cref="StorageException">The master key is not the one that the database was sealed with.</exception>
    public async Task<HubIdentity> LoadAsync(string? trustDomain, string? dataFolder, CancellationToken cancellationToken)
    {
        var physical = await database.IdentityAsync(cancellationToken).ConfigureAwait(false);
        return await database.WriteAsync(
            async (tx, cancel) =>
            {
                var made = await CreateAsync(tx, trustDomain, physical, cancel).ConfigureAwait(false);
                var state = await stores.Hub.GetAsync(tx, cancel).ConfigureAwait(false) ?? throw new InvalidOperationException("The hub's identity was not stored.");
                sealer.Verify(new SealedValue(state.KeyCheckKeyId, state.KeyCheck));
                await CheckLineageAsync(tx, state, physical, cancel).ConfigureAwait(false);
                await CheckMarkAsync(tx, dataFolder, physical, cancel).ConfigureAwait(false);
                return new HubIdentity(state.HubId, state.TrustDomain, await new AuthorityKeys(stores, sealer).LoadAsync(tx, cancel).ConfigureAwait(false), made);
            },
            cancellationToken).ConfigureAwait(false);
    }

    private async Task<bool> CreateAsync(Transaction tx, string? trustDomain, DatabaseIdentity physical, CancellationToken cancellationToken)
    {
        if (await stores.Hub.GetAsync(tx, cancellationToken).ConfigureAwait(false) is not null)
        {
            return false;
        }

        var now = clock.GetUtcNow();
        var hubId = Guid.NewGuid().ToString("D");
        var check = sealer.MakeCheck();
        var state = new HubState(
            hubId, trustDomain ?? $"{hubId[..8]}.fleet.internal", NewEpoch(), physical.SystemIdentifier, physical.Timeline, check.KeyId, check.Bytes, now);
        if (!await stores.Hub.CreateAsync(tx, state, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        await stores.Hub.PutCaAsync(tx, new AuthorityKeys(stores, sealer).Make(AuthorityRoles.Active, hubId, now), cancellationToken).ConfigureAwait(false);
        return true;
    }

    // Another physical database behind the same content is a restore or a promotion: what was given out since its
    // backup is not in it. Tokens and recovery are closed until an operator has looked.
    private async Task CheckLineageAsync(Transaction tx, HubState state, DatabaseIdentity physical, CancellationToken cancellationToken)
    {
        if (state.SystemIdentifier == physical.SystemIdentifier && state.Timeline == physical.Timeline)
        {
            return;
        }

        await ChangeLineageAsync(tx, physical, "The database is another one than at the last start: it was restored, copied or promoted.", cancellationToken).ConfigureAwait(false);
    }

    // The same physical database with older content in it: a file or a snapshot was put back in place. This node's own mark says so.
    private async Task CheckMarkAsync(Transaction tx, string? dataFolder, DatabaseIdentity physical, CancellationToken cancellationToken)
    {
        if (dataFolder is not null && HubMarks.Read(dataFolder) is { } mark && !await stores.Marks.HasAsync(tx, mark, cancellationToken).ConfigureAwait(false))
        {
            await ChangeLineageAsync(tx, physical, "The database lacks what this hub node had written to it: an older backup was put in its place.", cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task ChangeLineageAsync(Transaction tx, DatabaseIdentity physical, string what, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await stores.Hub.SetLineageAsync(tx, new Lineage(NewEpoch(), physical.SystemIdentifier, physical.Timeline), cancellationToken).ConfigureAwait(false);

        // Agents have come back since the backup, with values that this database never gave: they are not restored Secrets.
        await stores.Sync.ForgetContinuityAsync(tx, Core.Sessions.Continuity.Forgotten.Pack(), cancellationToken).ConfigureAwait(false);
        var revoked = await stores.Tokens.RevokeAllAsync(tx, now, cancellationToken).ConfigureAwait(false);
        await stores.Incidents.PutAsync(
            tx,
            new StoredIncident(
                Guid.NewGuid().ToString("D"),
                LineageIncident,
                "Fork",
                $"{what} {revoked} enrollment tokens were revoked and recovery of expired identities is suspended, since what was revoked after the backup may be missing. Check clusters and keys, then release this incident with fleetctl release incident/{LineageIncident}.",
                [],
                now,
                null,
                ""),
            cancellationToken).ConfigureAwait(false);
    }

    private static string NewEpoch() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
}
