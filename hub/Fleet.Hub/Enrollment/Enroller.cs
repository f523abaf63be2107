using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.Hub.Api;
using Fleet.Hub.Core.Access;
using Fleet.Hub.Core.Enrollment;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Audit;
using Fleet.Hub.Storage.Clusters;
using Fleet.Hub.Storage.Enrollment;
using Fleet.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Fleet.Hub.Enrollment;

/// <summary>Enroll: read, decide, and in the same transaction burn the use, bind the key and sign.</summary>
internal sealed partial class Enroller(
    FleetDatabase database, FleetStores stores, EnrollmentReader reader, IdentityIssuer issuer, EnrollmentLimits limits, TimeProvider clock, ILogger<Enroller> logger)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(15);

    public async Task<EnrollResponse> EnrollAsync(EnrollRequest request, string peer, CancellationToken cancellationToken)
    {
        // Before any database work, and before the costly signature check.
        limits.Address(peer);
        var secret = BearerSecret.Parse(request.Token);
        limits.Subject("token " + (secret?.Id ?? "malformed from " + peer));
        if (request.ClusterUid.Length is 0 or > 100)
        {
            throw Refusals.Make(StatusCode.InvalidArgument, "CLUSTER_UID_INVALID", "cluster_uid must be the UID of the cluster's kube-system namespace.");
        }

        var key = IdentityIssuer.ReadKey(request.Csr);
        var subjectKey = key.ExportSubjectPublicKeyInfo();
        var keyHash = SHA256.HashData(subjectKey);
        var response = await database.WriteAsync(
            async (tx, cancel) =>
            {
                var facts = await reader.ReadAsync(tx, secret, request, keyHash, cancel).ConfigureAwait(false);
                var outcome = EnrollmentDecision.Decide(facts, clock.GetUtcNow());
                return await CarryOutAsync(tx, outcome, new Attempt(request, secret!, key, subjectKey, keyHash), cancel).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        EnrollmentMeters.Enrolled(response.Refused is { } no ? no.Reason.ToString() : response.Answer!.ResultCase.ToString());
        if (response.Refused is { } refused)
        {
            Log.Refused(logger, request.ClusterName.Length <= 63 ? request.ClusterName : "", peer, refused.Reason);
            throw Refusal(refused);
        }

        Log.Enrolled(logger, request.ClusterName, peer, response.Answer!.ResultCase);
        return response.Answer;
    }

    private async Task<(EnrollResponse? Answer, EnrollmentOutcome.Refused? Refused)> CarryOutAsync(Transaction tx, EnrollmentOutcome outcome, Attempt attempt, CancellationToken cancellationToken)
    {
        switch (outcome)
        {
            case EnrollmentOutcome.Refused refused:
                return (null, refused);
            case EnrollmentOutcome.Repeat repeat:
                return (await RepeatAsync(tx, repeat, attempt, cancellationToken).ConfigureAwait(false), null);
            case EnrollmentOutcome.Admit admit:
                return (await AdmitAsync(tx, admit, attempt, cancellationToken).ConfigureAwait(false), null);
            case EnrollmentOutcome.Rebind rebind:
                return (await RebindAsync(tx, Id(rebind.ClusterId), attempt, cancellationToken).ConfigureAwait(false), null);
            case EnrollmentOutcome.AwaitRebind wait:
                return (await AwaitAsync(tx, Id(wait.ClusterId), attempt, cancellationToken).ConfigureAwait(false), null);
            default:
                throw new InvalidOperationException($"Unknown outcome {outcome}.");
        }
    }

    private async Task<EnrollResponse> RepeatAsync(Transaction tx, EnrollmentOutcome.Repeat repeat, Attempt attempt, CancellationToken cancellationToken)
    {
        var identity = await stores.Clusters.LockIdentityAsync(tx, Id(repeat.ClusterId), cancellationToken).ConfigureAwait(false);
        return repeat.Approved
            ? await issuer.IssueAsync(tx, attempt.Request.ClusterName, identity!, attempt.Key, cancellationToken).ConfigureAwait(false)
            : Pending(attempt.Request.ClusterName);
    }

    private async Task<EnrollResponse> AdmitAsync(Transaction tx, EnrollmentOutcome.Admit admit, Attempt attempt, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var request = attempt.Request;
        var id = Guid.NewGuid().ToString("D");
        var token = await BurnAsync(tx, attempt, id, cancellationToken).ConfigureAwait(false);
        var cluster = new StoredCluster(
            id, request.ClusterName, 1, 1, token.Labels, new Dictionary<string, string>(), new ClusterSpec().ToByteArray(), request.ClusterUid,
            admit.Approved ? "NeverConnected" : EnrollmentReader.PendingApproval, now, null, Cut(request.AgentVersion), Cut(request.KubernetesVersion), now, now, null, null);
        var identity = admit.Approved
            ? ClusterIdentity.None(id) with { Key = attempt.SubjectKey, KeyHash = attempt.KeyHash }
            : ClusterIdentity.None(id) with { PendingKey = attempt.SubjectKey, PendingRequestId = Cut(request.RequestId), PendingToken = token.Id, PendingSince = now };
        if (!await stores.Clusters.InsertAsync(tx, cluster, identity, cancellationToken).ConfigureAwait(false))
        {
            throw Refusals.Make(StatusCode.Aborted, "CONFLICT", "Another enrollment of this name or cluster came at the same moment: try again.");
        }

        await AuditAsync(tx, cluster, admit.Approved ? "cluster.enroll" : "cluster.enroll-pending", $"with token {token.Name}", cancellationToken).ConfigureAwait(false);
        await ClusterChanges.RaiseAsync(stores.Work, tx, now, cancellationToken).ConfigureAwait(false);
        return admit.Approved ? await issuer.IssueAsync(tx, cluster.Name, identity, attempt.Key, cancellationToken).ConfigureAwait(false) : Pending(cluster.Name);
    }

    private async Task<EnrollResponse> RebindAsync(Transaction tx, string id, Attempt attempt, CancellationToken cancellationToken)
    {
        var token = await BurnAsync(tx, attempt, id, cancellationToken).ConfigureAwait(false);
        var cluster = (await stores.Clusters.LockAsync(tx, id, cancellationToken).ConfigureAwait(false))!;
        var identity = (await stores.Clusters.LockIdentityAsync(tx, id, cancellationToken).ConfigureAwait(false))!;
        await AuditAsync(tx, cluster, "cluster.rekey", $"proven with the old key, with token {token.Name}", cancellationToken).ConfigureAwait(false);
        return await issuer.IssueAsync(
            tx,
            cluster.Name,
            identity with { Key = attempt.SubjectKey, KeyHash = attempt.KeyHash, NextKey = null, NextKeyHash = null, PendingKey = null, PendingSince = null, PendingToken = "", PendingRequestId = "" },
            attempt.Key,
            cancellationToken).ConfigureAwait(false);
    }

    private async Task<EnrollResponse> AwaitAsync(Transaction tx, string id, Attempt attempt, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var token = await BurnAsync(tx, attempt, id, cancellationToken).ConfigureAwait(false);
        var cluster = (await stores.Clusters.LockAsync(tx, id, cancellationToken).ConfigureAwait(false))!;
        var identity = (await stores.Clusters.LockIdentityAsync(tx, id, cancellationToken).ConfigureAwait(false))!;
        await stores.Clusters.PutIdentityAsync(
            tx,
            identity with { PendingKey = attempt.SubjectKey, PendingRequestId = Cut(attempt.Request.RequestId), PendingToken = token.Id, PendingSince = now },
            cancellationToken).ConfigureAwait(false);
        // Seen by operators at once: the row's version is what Watch goes by.
        await stores.Clusters.UpdateAsync(tx, cluster with { Changed = now }, cancellationToken).ConfigureAwait(false);
        await AuditAsync(tx, cluster, "cluster.rekey-pending", $"with token {token.Name}", cancellationToken).ConfigureAwait(false);
        return Pending(cluster.Name);
    }

    private async Task<StoredToken> BurnAsync(Transaction tx, Attempt attempt, string cluster, CancellationToken cancellationToken)
    {
        var use = new TokenUse(attempt.Secret.Id, attempt.KeyHash, cluster, attempt.Request.ClusterName, Cut(attempt.Request.RequestId), default);
        var burn = await stores.Tokens.BurnAsync(tx, attempt.Secret.Hash(), use, clock.GetUtcNow(), cancellationToken).ConfigureAwait(false);
        return burn is { Outcome: TokenOutcome.Burned or TokenOutcome.Repeated, Token: { } token }
            ? token
            : throw Refusals.Make(StatusCode.Aborted, "CONFLICT", "The token changed at the same moment: try again.");
    }

    private Task AuditAsync(Transaction tx, StoredCluster cluster, string action, string message, CancellationToken cancellationToken) => stores.Audit.AppendAsync(
        tx,
        AuditRow.New(cluster.Name, action, $"Cluster/{cluster.Name}", clock.GetUtcNow()) with { Message = message, Cluster = cluster.Id, Clusters = [cluster.Name], ClusterCount = 1 },
        cancellationToken);

    private static EnrollResponse Pending(string name) => new()
    {
        Pending = new PendingApproval
        {
            RetryAfter = Duration.FromTimeSpan(RetryAfter),
            Message = $"Cluster {name} waits for an operator: fleetctl clusters approve {name}. The agent asks again by itself.",
        },
    };

    private static RpcException Refusal(EnrollmentOutcome.Refused refused) => Refusals.Make(
        refused.Reason switch
        {
            EnrollmentRefusal.TokenUnknown or EnrollmentRefusal.TokenExpired or EnrollmentRefusal.TokenUsedUp or EnrollmentRefusal.TokenRevoked => StatusCode.Unauthenticated,
            EnrollmentRefusal.NameNotAllowed or EnrollmentRefusal.ClusterRevoked => StatusCode.PermissionDenied,
            EnrollmentRefusal.NameInvalid => StatusCode.InvalidArgument,
            _ => StatusCode.AlreadyExists,
        },
        EnrollmentWords.Reason(refused.Reason),
        refused.Message);

    private static string Id(Guid id) => id.ToString("D");

    private static string Cut(string text) => text.Length <= 100 ? text : text[..100];

    private sealed record Attempt(EnrollRequest Request, BearerSecret Secret, PublicKey Key, byte[] SubjectKey, byte[] KeyHash);

    private static partial class Log
    {
        [LoggerMessage(EventName = "EnrollmentRefused", Level = LogLevel.Warning, Message = "Enrollment of cluster {Cluster} from {Peer} is refused: {Reason}")]
        public static partial void Refused(ILogger logger, string cluster, string peer, EnrollmentRefusal reason);

        [LoggerMessage(EventName = "Enrolled", Level = LogLevel.Information, Message = "Enrollment of cluster {Cluster} from {Peer}: {Result}")]
        public static partial void Enrolled(ILogger logger, string cluster, string peer, EnrollResponse.ResultOneofCase result);
    }
}
