using System.Security.Cryptography;
using Fleet.Hub.Core.Access;
using Fleet.Hub.Core.Enrollment;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Clusters;
using Fleet.Hub.Storage.Enrollment;
using Fleet.V1;

namespace Fleet.Hub.Enrollment;

/// <summary>Gathers what <see cref="EnrollmentDecision"/> decides by.</summary>
internal sealed class EnrollmentReader(ClusterStore clusters, TokenStore tokens, RevocationJournal revocations)
{
    public const string PendingApproval = "PendingApproval";
    public const string ApprovalRequired = "Required";
    private const int MaxUses = 10_000;

    /// <summary>The facts, read in the transaction that acts on them.</summary>
    public async Task<EnrollmentFacts> ReadAsync(Transaction tx, BearerSecret? secret, EnrollRequest request, byte[] keyHash, CancellationToken cancellationToken)
    {
        var token = secret is null ? null : await tokens.GetAsync(tx, secret.Id, cancellationToken).ConfigureAwait(false);
        var byUid = await clusters.GetByKubeUidAsync(tx, request.ClusterUid, cancellationToken).ConfigureAwait(false);
        var byName = await clusters.GetByNameAsync(tx, request.ClusterName, cancellationToken).ConfigureAwait(false);
        var byKey = await clusters.FindIdentityAsync(tx, keyHash, cancellationToken).ConfigureAwait(false);
        var owner = byKey is null ? null : await clusters.GetAsync(tx, byKey.Cluster, cancellationToken).ConfigureAwait(false);
        var identity = byUid is null ? null : await clusters.GetIdentityAsync(tx, byUid.Id, cancellationToken).ConfigureAwait(false);
        return new EnrollmentFacts(
            token is null ? null : await FactsAsync(tx, token, secret!, cancellationToken).ConfigureAwait(false),
            request.ClusterName,
            request.ClusterUid,
            keyHash,
            Known(byUid, identity),
            Known(byName, null),
            Known(owner, byKey),
            identity is not null && OldKeyProven(identity, request, keyHash));
    }

    // The bound key itself in the request's CSR is the best proof of all.
    private static bool OldKeyProven(ClusterIdentity identity, EnrollRequest request, byte[] keyHash) =>
        IdentityIssuer.Same(identity.KeyHash, keyHash)
        || (identity.Key is { } key
            && request.OldKeyProof.Length > 0
            && PublicKeys.Verify(key, IdentityProofs.Rekey(request.ClusterUid, request.Csr.Span), request.OldKeyProof.ToByteArray()));

    private async Task<TokenFacts> FactsAsync(Transaction tx, StoredToken token, BearerSecret secret, CancellationToken cancellationToken)
    {
        var uses = await tokens.UsesAsync(tx, token.Id, MaxUses, cancellationToken).ConfigureAwait(false);
        return new TokenFacts(
            secret.Matches(token.SecretHash),
            token.ClusterNames,
            token.Approval == ApprovalRequired,
            (int)(token.Uses - token.Used),
            token.Expires,
            token.RevokedAt is not null,
            uses.Select(use => use.ClusterName).ToHashSet(StringComparer.Ordinal));
    }

    private KnownCluster? Known(StoredCluster? cluster, ClusterIdentity? identity)
    {
        if (cluster is null)
        {
            return null;
        }

        var id = Guid.ParseExact(cluster.Id, "D");
        var trust = cluster.RevokedAt is not null || revocations.IsRevoked(id) ? ClusterTrust.Revoked
            : cluster.State == PendingApproval ? ClusterTrust.Pending
            : ClusterTrust.Approved;
        return new KnownCluster(
            id, cluster.Name, cluster.KubeUid, trust, identity?.KeyHash ?? [], identity?.PendingKey is { } pending ? SHA256.HashData(pending) : null);
    }
}
