using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Hub.Api;
using Fleet.Hub.Core.Enrollment;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Clusters;
using Fleet.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Fleet.Hub.Enrollment;

/// <summary>Signs agents' certificates, and notes what was signed for whom.</summary>
public sealed class IdentityIssuer
{
    private readonly HubIdentity _hub;
    private readonly HubAddresses _addresses;
    private readonly FleetDatabase _database;
    private readonly ClusterStore _clusters;
    private readonly TimeProvider _clock;

    internal IdentityIssuer(HubIdentity hub, HubAddresses addresses, FleetDatabase database, ClusterStore clusters, TimeProvider clock) =>
        (_hub, _addresses, _database, _clusters, _clock) = (hub, addresses, database, clusters, clock);

    /// <summary>A new certificate for the caller's own identity, for its bound key or a next one.</summary>
    public async Task<EnrollResponse> RenewAsync(AgentIdentity identity, RenewRequest request, CancellationToken cancellationToken)
    {
        var key = ReadKey(request.Csr);
        var subjectKey = key.ExportSubjectPublicKeyInfo();
        var hash = SHA256.HashData(subjectKey);
        return await _database.WriteAsync(
            async (tx, cancel) =>
            {
                var bound = await _clusters.LockIdentityAsync(tx, identity.ClusterId, cancel).ConfigureAwait(false);
                var cluster = await _clusters.GetAsync(tx, identity.ClusterId, cancel).ConfigureAwait(false);
                if (bound is null || cluster is null || cluster.RevokedAt is not null)
                {
                    throw Refusals.Make(StatusCode.PermissionDenied, "CLUSTER_REVOKED", "This cluster's identity was ended: nothing is renewed.");
                }

                if (!Same(bound.KeyHash, hash))
                {
                    // A next key that was announced and never used is replaced: the agent lost it before it kept it.
                    var owner = await _clusters.FindIdentityAsync(tx, hash, cancel).ConfigureAwait(false);
                    if (owner is not null && owner.Cluster != identity.ClusterId)
                    {
                        throw Refusals.Make(StatusCode.AlreadyExists, "KEY_IN_USE", "The next key is bound to another cluster: make one of this cluster's own.");
                    }

                    bound = bound with { NextKey = subjectKey, NextKeyHash = hash };
                }

                return await IssueAsync(tx, cluster.Name, bound, key, cancel).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Signs for a key that the caller has found to be the cluster's, and stores the identity with what was signed.</summary>
    internal async Task<EnrollResponse> IssueAsync(Transaction tx, string clusterName, ClusterIdentity identity, PublicKey key, CancellationToken cancellationToken)
    {
        var now = _clock.GetUtcNow();
        var spiffe = new SpiffeId(_hub.TrustDomain, Guid.ParseExact(identity.Cluster, "D"));
        var certificate = _hub.Authority.IssueClient(key, spiffe, now);
        using var parsed = X509CertificateLoader.LoadCertificate(certificate);
        await _clusters.PutIdentityAsync(
            tx,
            identity with
            {
                PreviousCertificateSerial = identity.CertificateSerial,
                CertificateSerial = parsed.SerialNumber,
                CertificateExpiry = new DateTimeOffset(parsed.NotAfter.ToUniversalTime(), TimeSpan.Zero),
            },
            cancellationToken).ConfigureAwait(false);
        EnrollmentMeters.Issued();
        return new EnrollResponse
        {
            Identity = new Identity
            {
                Certificates = { ByteString.CopyFrom(certificate) },
                CaBundle = { _hub.Bundle.Select(ca => ByteString.CopyFrom(ca.RawData)) },
                ClusterId = identity.Cluster,
                ClusterName = clusterName,
                HubId = _hub.HubId,
                TrustDomain = _hub.TrustDomain,
                SessionEndpoints = { _addresses.Agents.GetLeftPart(UriPartial.Authority) },
                Lifetime = Duration.FromTimeSpan(CertificateTimes.ClientLifetime),
                RenewAfter = Duration.FromTimeSpan(CertificateTimes.RenewAfter(CertificateTimes.ClientLifetime, Random.Shared.NextDouble())),
            },
        };
    }

    /// <summary>The public key of a signing request; INVALID_ARGUMENT for anything else.</summary>
    internal static PublicKey ReadKey(ByteString csr)
    {
        var (key, problem) = SigningRequests.Read(csr.Memory);
        return key ?? throw Refusals.Make(StatusCode.InvalidArgument, "CSR_INVALID", problem!);
    }

    internal static bool Same(byte[]? a, byte[] b) => a is not null && a.AsSpan().SequenceEqual(b);
}
