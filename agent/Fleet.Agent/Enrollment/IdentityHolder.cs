using Fleet.Agent.Hosting;
using Fleet.Agent.Session;
using Fleet.Agent.State;
using Fleet.Agent.Telemetry;
using Fleet.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Enrollment;

/// <summary>Holds the identity that sessions use, and keeps it alive: renewal in time, recovery when it has expired.</summary>
internal sealed partial class IdentityHolder(AgentOptions options, IdentityStore store, StateRetry retry, AgentStatus status, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LongestLook = TimeSpan.FromHours(1);
    private volatile Held? _held;

    public AgentIdentity? Current => _held?.Identity;

    public void Use(AgentIdentity identity) => _held = new(identity, new(identity, time));

    /// <summary>True when the certificate cannot be used any more as far as this machine's clocks tell.</summary>
    public bool IsExpired => _held is { } held && held.Age.IsOver(held.Identity);

    /// <summary>Renews whenever it is due, for ever.</summary>
    public async Task RenewAsync(CancellationToken cancellationToken)
    {
        var jitter = new FullJitter(TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(10));
        while (true)
        {
            var held = _held ?? throw new InvalidOperationException("renewal was started before an identity was there");
            var wait = held.Age.UntilDue(held.Identity);
            if (wait > TimeSpan.Zero)
            {
                // In pieces, so that an identity that was recovered meanwhile is seen.
                await Task.Delay(wait < LongestLook ? wait : LongestLook, time, cancellationToken).ConfigureAwait(false);
                continue;
            }
            if (!held.Age.IsOver(held.Identity) && await TryRenewAsync(held.Identity, cancellationToken).ConfigureAwait(false)) jitter.Reset();
            else await Task.Delay(TimeSpan.FromSeconds(5) + jitter.Next(Random.Shared.NextDouble()), time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A new certificate for the bound key although the old one has expired.</summary>
    /// <returns>Null when it worked, else why not.</returns>
    public async Task<RpcException?> TryRecoverAsync(CancellationToken cancellationToken)
    {
        if (_held is not { Identity: var identity }) return null;
        try
        {
            using var channel = HubConnection.Open(options.Hub, EnrollmentTrust(identity), null, time);
            var client = new EnrollmentService.EnrollmentServiceClient(channel);
            var begin = new BeginRecoverRequest { ClusterId = identity.ClusterId, KeyHash = ByteString.CopyFrom(AgentKey.PublicHash(identity.Key)) };
            var challenge = await client.BeginRecoverAsync(begin, deadline: Deadline(), cancellationToken: cancellationToken).ConfigureAwait(false);
            if (challenge.HubId != identity.HubId)
            {
                return new(new(StatusCode.PermissionDenied, $"the hub at {options.Hub} is {challenge.HubId}, not {identity.HubId} where this cluster is enrolled"));
            }
            var answer = await client.RecoverAsync(new()
            {
                ChallengeId = challenge.ChallengeId,
                Csr = ByteString.CopyFrom(AgentKey.Request(identity.Key)),
                Signature = ByteString.CopyFrom(AgentKey.Sign(identity.Key, IdentityProofs.Recover(challenge.HubId, identity.ClusterId, challenge.Nonce.Span))),
            }, deadline: Deadline(), cancellationToken: cancellationToken).ConfigureAwait(false);
            return await TakeAsync(answer, identity, cancellationToken).ConfigureAwait(false) is { } problem ? new(new(StatusCode.Internal, problem)) : null;
        }
        catch (RpcException e) when (!cancellationToken.IsCancellationRequested)
        {
            Log.RecoverFailed(log, HubErrors.Reason(e), HubErrors.Words(e));
            return e;
        }
    }

    private async Task<bool> TryRenewAsync(AgentIdentity identity, CancellationToken cancellationToken)
    {
        try
        {
            using var channel = HubConnection.Open(identity.SessionEndpoints[0], identity.Trust(), identity.ClientContext(), time);
            var answer = await new AgentService.AgentServiceClient(channel)
                .RenewAsync(new() { Csr = ByteString.CopyFrom(AgentKey.Request(identity.Key)) }, deadline: Deadline(), cancellationToken: cancellationToken).ConfigureAwait(false);
            if (await TakeAsync(answer, identity, cancellationToken).ConfigureAwait(false) is not { } problem) return true;
            Log.RenewFailed(log, "BadIdentity", problem);
        }
        catch (RpcException e) when (!cancellationToken.IsCancellationRequested)
        {
            Log.RenewFailed(log, HubErrors.Reason(e), HubErrors.Words(e));
        }
        return false;
    }

    private async Task<string?> TakeAsync(EnrollResponse answer, AgentIdentity old, CancellationToken cancellationToken)
    {
        if (answer.ResultCase != EnrollResponse.ResultOneofCase.Identity) return "the hub gave no identity";
        var (identity, problem) = AgentIdentity.Of(answer.Identity, old.Key, time.GetUtcNow());
        if (identity is null) return problem;
        if (identity.ClusterId != old.ClusterId || identity.HubId != old.HubId) return "the hub gave another cluster's identity";
        await retry.UntilDoneAsync("writing the renewed identity", token => store.WriteIdentityAsync(identity, token), cancellationToken).ConfigureAwait(false);
        Use(identity);
        status.Set("identity", true, "Enrolled", $"enrolled as {identity.ClusterName}");
        Log.Renewed(log, identity.Lifetime.TotalHours);
        return null;
    }

    /// <summary>The API listener may have a public CA's certificate where agents enroll without a pin; else it is the hub's own CA.</summary>
    private HubTrust EnrollmentTrust(AgentIdentity identity) => options.CaPin.Length > 0 ? identity.Trust() : HubTrust.System();

    private DateTime Deadline() => time.GetUtcNow().UtcDateTime + CallLimit;

    private sealed record Held(AgentIdentity Identity, CertificateAge Age);

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, EventName = "IdentityRenewed", Level = LogLevel.Information, Message = "The certificate was renewed, for {Hours:0.0} h")]
        public static partial void Renewed(ILogger logger, double hours);

        [LoggerMessage(EventId = 2, EventName = "IdentityRenewFailed", Level = LogLevel.Warning, Message = "The certificate was not renewed ({Reason}): {Words}")]
        public static partial void RenewFailed(ILogger logger, string reason, string words);

        [LoggerMessage(EventId = 3, EventName = "IdentityRecoverFailed", Level = LogLevel.Warning, Message = "The expired identity was not recovered ({Reason}): {Words}")]
        public static partial void RecoverFailed(ILogger logger, string reason, string words);
    }
}
