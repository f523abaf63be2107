using Fleet.Agent.Hosting;
using Fleet.Agent.Session;
using Fleet.Agent.State;
using Fleet.Agent.Telemetry;
using Fleet.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Enrollment;

/// <summary>Exchanges a token for an identity, however long that takes: errors of the token stand in the status and are looked at again slowly.</summary>
internal sealed partial class EnrollmentFlow(AgentOptions options, IdentityStore store, StateRetry retry, AgentStatus status, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan TokenLook = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Slow = TimeSpan.FromMinutes(2);
    private readonly TokenSource _tokens = new(options.Token, options.TokenFile);

    /// <param name="stored">What is kept already; a known key is used again.</param>
    /// <param name="facts">What the agent states of its cluster.</param>
    /// <param name="cancellationToken">Ends the flow.</param>
    public async Task<AgentIdentity> RunAsync(StoredIdentity stored, ClusterFacts facts, CancellationToken cancellationToken)
    {
        var (key, requestId) = (stored.Key, stored.RequestId);
        if (key is null || requestId.Length == 0 || stored.Identity is not null)
        {
            key ??= AgentKey.New();
            requestId = Guid.NewGuid().ToString("N");
            await retry.UntilDoneAsync("writing the agent's key", token => store.WriteKeyAsync(key, requestId, token), cancellationToken).ConfigureAwait(false);
        }
        var proof = stored.Key is not null;
        var jitter = FullJitter.ForHub();
        while (true)
        {
            var token = _tokens.Read();
            var outcome = token.Length == 0
                ? Outcome.Lasting("NoToken", "this cluster is not enrolled and has no token. Make one with fleetctl token create, and give it as --token, FLEET_TOKEN or --token-file")
                : await TryAsync(key, requestId, token, facts, proof, cancellationToken).ConfigureAwait(false);
            if (outcome.Identity is { } identity)
            {
                await retry.UntilDoneAsync("writing the identity", t => store.WriteIdentityAsync(identity, t), cancellationToken).ConfigureAwait(false);
                status.Set("identity", true, "Enrolled", $"enrolled as {identity.ClusterName}");
                Log.Enrolled(log, identity.ClusterName, identity.ClusterId, identity.HubId);
                return identity;
            }
            status.Set("identity", false, outcome.Reason, outcome.Message);
            Log.NotEnrolled(log, outcome.Reason, outcome.Message);
            if (outcome.IsLasting) await WaitForOtherTokenAsync(token, cancellationToken).ConfigureAwait(false);
            else await Task.Delay(outcome.Exactly ?? jitter.Next(Random.Shared.NextDouble(), outcome.Asked), time, cancellationToken).ConfigureAwait(false);
            if (outcome.IsLasting) jitter.Reset();
        }
    }

    /// <summary>One try with the token at hand, for a cluster whose identity the hub refuses; null when it did not work.</summary>
    public async Task<AgentIdentity?> TryAgainAsync(ClusterFacts facts, CancellationToken cancellationToken)
    {
        var stored = await retry.UntilDoneAsync("reading the identity", store.ReadAsync, cancellationToken).ConfigureAwait(false);
        if (stored.Key is null || _tokens.Read() is not { Length: > 0 } token) return null;
        var outcome = await TryAsync(stored.Key, Guid.NewGuid().ToString("N"), token, facts, withProof: true, cancellationToken).ConfigureAwait(false);
        if (outcome.Identity is not { } identity)
        {
            Log.NotEnrolled(log, outcome.Reason, outcome.Message);
            return null;
        }
        await retry.UntilDoneAsync("writing the identity", t => store.WriteIdentityAsync(identity, t), cancellationToken).ConfigureAwait(false);
        status.Set("identity", true, "Enrolled", $"enrolled as {identity.ClusterName}");
        Log.Enrolled(log, identity.ClusterName, identity.ClusterId, identity.HubId);
        return identity;
    }

    private async Task<Outcome> TryAsync(byte[] key, string requestId, string token, ClusterFacts facts, bool withProof, CancellationToken cancellationToken)
    {
        HubTrust trust;
        try
        {
            trust = await TrustAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (PinException e)
        {
            return Outcome.Lasting("NotThePinnedHub", e.Message);
        }
        catch (HttpRequestException e)
        {
            return Outcome.Transient("Unreachable", $"the hub at {options.Hub} cannot be reached ({e.Message}); it is tried again", null);
        }
        var csr = AgentKey.Request(key);
        var request = new EnrollRequest
        {
            Token = token,
            Csr = ByteString.CopyFrom(csr),
            ClusterUid = facts.Uid,
            RequestId = requestId,
            ClusterName = options.ClusterName,
            AgentVersion = options.Version,
            KubernetesVersion = facts.KubernetesVersion,
        };
        if (withProof) request.OldKeyProof = ByteString.CopyFrom(AgentKey.Sign(key, IdentityProofs.Rekey(facts.Uid, csr)));
        try
        {
            using var channel = HubConnection.Open(options.Hub, trust, null, time);
            var answer = await new EnrollmentService.EnrollmentServiceClient(channel)
                .EnrollAsync(request, deadline: time.GetUtcNow().UtcDateTime + CallLimit, cancellationToken: cancellationToken).ConfigureAwait(false);
            return Read(answer, key);
        }
        catch (RpcException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (RpcException e)
        {
            return Judge(e, trust);
        }
    }

    private async Task<HubTrust> TrustAsync(CancellationToken cancellationToken) =>
        CaPin.TryParse(options.CaPin, out var pin) && pin is not null
            ? new([await CaDiscovery.FindAsync(options.Hub, pin, time, cancellationToken).ConfigureAwait(false)])
            : HubTrust.System();

    private Outcome Read(EnrollResponse answer, byte[] key)
    {
        switch (answer.ResultCase)
        {
            case EnrollResponse.ResultOneofCase.Identity:
                var (identity, problem) = AgentIdentity.Of(answer.Identity, key, time.GetUtcNow());
                return identity is not null ? Outcome.Done(identity) : Outcome.Lasting("BadIdentity", problem);
            case EnrollResponse.ResultOneofCase.Pending:
                var wait = answer.Pending.RetryAfter?.ToTimeSpan() is { Ticks: > 0 } asked ? asked : TimeSpan.FromSeconds(10);
                if (wait > Slow) wait = Slow;
                var words = answer.Pending.Message.Length > 0 ? answer.Pending.Message : $"the cluster waits for an operator: fleetctl clusters approve {options.ClusterName}";
                return Outcome.Waiting("PendingApproval", words, wait * (0.9 + (0.2 * Random.Shared.NextDouble())));
            default:
                return Outcome.Lasting("UnknownAnswer", "the hub's answer is of a kind that this agent does not know; use an agent of the hub's version");
        }
    }

    private Outcome Judge(RpcException e, HubTrust trust)
    {
        if (trust.Refusal is { } refusal && HubErrors.IsTls(e)) return Outcome.Lasting("UntrustedHub", $"{options.Hub}: {refusal}");
        var reason = HubErrors.Reason(e);
        switch (e.StatusCode)
        {
            case StatusCode.Unauthenticated or StatusCode.PermissionDenied or StatusCode.InvalidArgument or StatusCode.AlreadyExists or StatusCode.FailedPrecondition:
                return Outcome.Lasting(reason, $"the hub refused the enrollment of {options.ClusterName}: {HubErrors.Words(e)}. Make a new token with fleetctl token create and put it in place of this one");
            case StatusCode.Unimplemented:
                return Outcome.Lasting(reason, $"{options.Hub} is no fleet hub's API listener: {HubErrors.Words(e)}. Check --hub");
            default:
                return Outcome.Transient(reason, $"the hub at {options.Hub} did not enroll this cluster yet ({HubErrors.Words(e)}); it is tried again", HubErrors.RetryAfter(e));
        }
    }

    /// <summary>A lasting error is tried again slowly, or at once when the token's file holds another one.</summary>
    private async Task WaitForOtherTokenAsync(string token, CancellationToken cancellationToken)
    {
        var until = time.GetTimestamp();
        var wait = Slow * (0.75 + (0.5 * Random.Shared.NextDouble()));
        while (time.GetElapsedTime(until) < wait)
        {
            await Task.Delay(TokenLook, time, cancellationToken).ConfigureAwait(false);
            if (_tokens.Read() != token) return;
        }
    }

    private sealed record Outcome(AgentIdentity? Identity, string Reason, string Message, bool IsLasting, TimeSpan? Exactly, TimeSpan? Asked)
    {
        public static Outcome Done(AgentIdentity identity) => new(identity, "", "", false, null, null);
        public static Outcome Lasting(string reason, string message) => new(null, reason, message, true, null, null);
        public static Outcome Waiting(string reason, string message, TimeSpan wait) => new(null, reason, message, false, wait, null);
        public static Outcome Transient(string reason, string message, TimeSpan? asked) => new(null, reason, message, false, null, asked);
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, EventName = "AgentEnrolled", Level = LogLevel.Information, Message = "Enrolled as {Cluster} ({ClusterId}) at hub {HubId}")]
        public static partial void Enrolled(ILogger logger, string cluster, string clusterId, string hubId);

        [LoggerMessage(EventId = 2, EventName = "NotEnrolled", Level = LogLevel.Warning, Message = "Not enrolled ({Reason}): {Words}")]
        public static partial void NotEnrolled(ILogger logger, string reason, string words);
    }
}
