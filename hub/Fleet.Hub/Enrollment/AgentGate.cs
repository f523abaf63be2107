using System.Globalization;
using Fleet.Hub.Hosting;
using Fleet.Hub.Sessions;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Clusters;
using Grpc.Core;

namespace Fleet.Hub.Enrollment;

/// <summary>
/// Stands before every call on the agents' listener: the certificate must be of this hub, its cluster known and not
/// revoked, and its key the one that is bound now. A certificate of a key that was replaced is no identity any more.
/// </summary>
internal sealed partial class AgentGate(
    ClientCertificates certificates, RevocationJournal revocations, FleetDatabase database, ClusterStore clusters, SessionAdmission admission, ILogger<AgentGate> logger)
{
    /// <summary>Calls the rest of the pipeline when the caller is who it says.</summary>
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<ListenerFeature>() is not { Listener: HubListener.Agents })
        {
            await next(context).ConfigureAwait(false);
            return;
        }

        var certificate = await context.Connection.GetClientCertificateAsync(context.RequestAborted).ConfigureAwait(false);
        if (certificates.Read(certificate) is not { } read)
        {
            Refuse(context, StatusCode.Unauthenticated, "The certificate is not one of this hub, or is not valid now: renew or recover the agent's identity.");
            return;
        }

        // Before any database work: a herd that comes back after an outage must not keep the database from coming back.
        if (SessionAdmission.IsConnect(context) && admission.Refusal() is { } wait)
        {
            Refuse(context, wait.StatusCode, wait.Status.Detail, wait.Trailers);
            return;
        }

        var identity = new AgentIdentity(read.Identity.ClusterId.ToString("D"), read.KeyHash);
        if (await ProblemAsync(identity, read.Identity.ClusterId, context.RequestAborted).ConfigureAwait(false) is var (code, message))
        {
            Log.Refused(logger, identity.ClusterId, message);
            Refuse(context, code, message);
            return;
        }

        context.Features.Set(identity);
        await next(context).ConfigureAwait(false);
    }

    private async Task<(StatusCode, string)?> ProblemAsync(AgentIdentity identity, Guid id, CancellationToken cancellationToken)
    {
        if (revocations.IsRevoked(id))
        {
            return Revoked();
        }

        var (cluster, bound) = await database.ReadAsync(
            async (tx, cancel) => (
                await clusters.GetAsync(tx, identity.ClusterId, cancel).ConfigureAwait(false),
                await clusters.GetIdentityAsync(tx, identity.ClusterId, cancel).ConfigureAwait(false)),
            cancellationToken).ConfigureAwait(false);
        if (cluster is null || bound is null)
        {
            return (StatusCode.Unauthenticated, "The hub does not know this cluster: it was removed, or the hub's database was restored from before its enrollment. Enroll again with a new token.");
        }

        if (cluster.RevokedAt is not null)
        {
            return Revoked();
        }

        if (Same(bound.KeyHash, identity.KeyHash))
        {
            return null;
        }

        return Same(bound.NextKeyHash, identity.KeyHash) && await PromoteAsync(identity, cancellationToken).ConfigureAwait(false)
            ? null
            : (StatusCode.Unauthenticated, "The certificate is of a key that is no longer bound to this cluster: another key took its place. If that was not meant, revoke the cluster.");
    }

    // The first use of a next key proves that the agent kept it: from now on it is the bound one.
    private Task<bool> PromoteAsync(AgentIdentity identity, CancellationToken cancellationToken) => database.WriteAsync(
        async (tx, cancel) =>
        {
            var bound = await clusters.LockIdentityAsync(tx, identity.ClusterId, cancel).ConfigureAwait(false);
            if (bound is null || !Same(bound.NextKeyHash, identity.KeyHash))
            {
                return bound is not null && Same(bound.KeyHash, identity.KeyHash);
            }

            await clusters.PutIdentityAsync(
                tx, bound with { Key = bound.NextKey, KeyHash = bound.NextKeyHash, NextKey = null, NextKeyHash = null }, cancel).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    private static (StatusCode, string) Revoked() =>
        (StatusCode.PermissionDenied, "An operator has ended this cluster's identity. What it runs stays as it is. If it may come back, its record must be removed and the cluster enrolled anew.");

    private static bool Same(byte[]? a, byte[] b) => a is not null && a.AsSpan().SequenceEqual(b);

    // gRPC's "trailers only" answer, understood before any service is chosen.
    private static void Refuse(HttpContext context, StatusCode code, string message, Metadata? trailers = null)
    {
        foreach (var detail in trailers?.Where(entry => entry.IsBinary) ?? [])
        {
            context.Response.Headers[detail.Key] = Convert.ToBase64String(detail.ValueBytes);
        }

        context.Response.StatusCode = StatusCodes.Status200OK;
        context.Response.ContentType = "application/grpc";
        context.Response.Headers["grpc-status"] = ((int)code).ToString(CultureInfo.InvariantCulture);
        context.Response.Headers["grpc-message"] = Uri.EscapeDataString(message);
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "AgentRefused", Level = LogLevel.Warning, Message = "A call of cluster {Cluster} is refused: {Why}")]
        public static partial void Refused(ILogger logger, string cluster, string why);
    }
}
