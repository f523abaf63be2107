using System.Security.Cryptography;
using Fleet.Hub.Api;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Enrollment;
using Fleet.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Fleet.Hub.Enrollment;

/// <summary>A new certificate for a bound key whose certificate expired while hub or cluster was away: a challenge, then its signature.</summary>
internal sealed class Recoverer(
    FleetDatabase database, FleetStores stores, HubIdentity hub, IdentityIssuer issuer, RevocationJournal revocations, EnrollmentLimits limits, TimeProvider clock)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(60);

    public async Task<RecoverChallenge> BeginAsync(BeginRecoverRequest request, string peer, CancellationToken cancellationToken)
    {
        limits.Address(peer);
        if (!Guid.TryParseExact(request.ClusterId, "D", out var id))
        {
            throw Refusals.Make(StatusCode.InvalidArgument, "CLUSTER_ID_INVALID", "cluster_id must be the id that enrollment gave.");
        }

        limits.Subject("cluster " + request.ClusterId);
        var challenge = new StoredChallenge(
            Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), id.ToString("D"), RandomNumberGenerator.GetBytes(32), clock.GetUtcNow() + Lifetime);
        return await database.WriteAsync(
            async (tx, cancel) =>
            {
                await CheckSuspendedAsync(tx, cancel).ConfigureAwait(false);
                var identity = await stores.Clusters.GetIdentityAsync(tx, challenge.Cluster, cancel).ConfigureAwait(false);
                if (revocations.IsRevoked(id) || !(IdentityIssuer.Same(identity?.KeyHash, request.KeyHash.ToByteArray()) || IdentityIssuer.Same(identity?.NextKeyHash, request.KeyHash.ToByteArray())))
                {
                    throw NotBound();
                }

                await stores.Challenges.SweepAsync(tx, clock.GetUtcNow(), cancel).ConfigureAwait(false);
                await stores.Challenges.InsertAsync(tx, challenge, cancel).ConfigureAwait(false);
                return new RecoverChallenge { ChallengeId = challenge.Id, Nonce = ByteString.CopyFrom(challenge.Nonce), HubId = hub.HubId };
            },
            cancellationToken).ConfigureAwait(false);
    }

    public async Task<EnrollResponse> RecoverAsync(RecoverRequest request, string peer, CancellationToken cancellationToken)
    {
        limits.Address(peer);
        var key = IdentityIssuer.ReadKey(request.Csr);
        var keyHash = PublicKeys.Hash(key);

        // In a transaction of its own: a wrong answer must use the challenge up too.
        var challenge = await database.WriteAsync(
            (tx, cancel) => stores.Challenges.TakeAsync(tx, request.ChallengeId, clock.GetUtcNow(), cancel), cancellationToken).ConfigureAwait(false)
            ?? throw Refusals.Make(StatusCode.Unauthenticated, "CHALLENGE_UNKNOWN", "The challenge is unknown, was answered before, or is older than 60 s: begin again.");
        return await database.WriteAsync(
            async (tx, cancel) =>
            {
                await CheckSuspendedAsync(tx, cancel).ConfigureAwait(false);
                var identity = await stores.Clusters.LockIdentityAsync(tx, challenge.Cluster, cancel).ConfigureAwait(false);
                var cluster = await stores.Clusters.GetAsync(tx, challenge.Cluster, cancel).ConfigureAwait(false);
                if (identity is null || cluster is null || cluster.RevokedAt is not null || revocations.IsRevoked(Guid.ParseExact(challenge.Cluster, "D")))
                {
                    throw NotBound();
                }

                var bound = IdentityIssuer.Same(identity.KeyHash, keyHash) ? identity.Key : IdentityIssuer.Same(identity.NextKeyHash, keyHash) ? identity.NextKey : null;
                if (bound is null || !PublicKeys.Verify(bound, IdentityProofs.Recover(hub.HubId, challenge.Cluster, challenge.Nonce), request.Signature.ToByteArray()))
                {
                    throw NotBound();
                }

                return await issuer.IssueAsync(tx, cluster.Name, identity with { Recoveries = identity.Recoveries + 1 }, key, cancel).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
    }

    private async Task CheckSuspendedAsync(Transaction tx, CancellationToken cancellationToken)
    {
        if (await stores.Incidents.GetByNameAsync(tx, HubIdentities.LineageIncident, cancellationToken).ConfigureAwait(false) is { ReleasedAt: null })
        {
            throw Refusals.Make(StatusCode.Unavailable, "RECOVERY_SUSPENDED", "The hub's database was restored or promoted: recovery of identities is suspended until an operator releases the incident \"lineage\". The agent tries again by itself.");
        }
    }

    // One answer for a cluster that is not there and a key that is not its: nothing is to be found out by asking.
    private static RpcException NotBound() => Refusals.Make(
        StatusCode.Unauthenticated, "KEY_NOT_BOUND", "This key is not bound to that cluster at this hub (any more): enroll again with a new token. If the cluster was revoked, its record must be removed first.");
}
