using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Session;

/// <summary>Keeps one session with the hub, for ever: reconnects with full-jitter back-off, recovers an expired identity. What runs in the cluster does not depend on it.</summary>
internal sealed partial class SessionLoop(SessionContext context)
{
    private static readonly TimeSpan LastingWait = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan BetweenRecoveries = TimeSpan.FromMinutes(1);
    private readonly FullJitter _jitter = FullJitter.ForHub();
    private long? _recovered;
    private int _endpoint;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var end = await OnceAsync(cancellationToken).ConfigureAwait(false);
            context.Metrics.Sessions.Add(1, new KeyValuePair<string, object?>(Telemetry.AgentMetrics.ReasonLabel, end.Reason));
            context.Status.Set("session", false, end.Reason, end.Message);
            if (end.Stood) _jitter.Reset();
            var wait = end switch
            {
                { After: { } exactly } => exactly,
                { IsLasting: true } => LastingWait * (0.5 + Random.Shared.NextDouble()),
                _ => _jitter.Next(Random.Shared.NextDouble(), end.AtLeast),
            };
            Log.Ended(context.Log, end.Reason, end.Message, wait.TotalSeconds);
            await Task.Delay(wait, context.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<SessionEnd> OnceAsync(CancellationToken cancellationToken)
    {
        if (context.Identity.IsExpired && await RecoverAsync(cancellationToken).ConfigureAwait(false) is { } notRecovered) return notRecovered;
        var identity = context.Identity.Current ?? throw new InvalidOperationException("a session needs an identity");
        var endpoint = identity.SessionEndpoints[_endpoint % identity.SessionEndpoints.Count];
        var end = await new HubSession(context, identity, endpoint).RunAsync(cancellationToken).ConfigureAwait(false);
        if (!end.Stood) _endpoint++;
        if (!end.IdentityRefused || end.Stood || IsTooSoon()) return end;
        // The two clocks may tell different ages: the hub's refusal counts.
        return await RecoverAsync(cancellationToken).ConfigureAwait(false) ?? end with { After = TimeSpan.Zero };
    }

    /// <returns>Null when there is a fresh identity.</returns>
    private async Task<SessionEnd?> RecoverAsync(CancellationToken cancellationToken)
    {
        _recovered = context.Time.GetTimestamp();
        if (await context.Identity.TryRecoverAsync(cancellationToken).ConfigureAwait(false) is not { } error) return null;
        if (error.StatusCode is not (StatusCode.Unauthenticated or StatusCode.PermissionDenied or StatusCode.NotFound or StatusCode.FailedPrecondition or StatusCode.InvalidArgument))
        {
            return new(HubErrors.Reason(error), $"the identity has expired and could not be recovered yet: {HubErrors.Words(error)}", false) { AtLeast = HubErrors.RetryAfter(error) };
        }
        // The hub does not know this identity (any more). A new token enrolls the same key again.
        if (await context.Enrollment.TryAgainAsync(context.Facts, cancellationToken).ConfigureAwait(false) is { } enrolled)
        {
            context.Identity.Use(enrolled);
            return null;
        }
        var words = $"the hub does not accept this cluster's identity: {HubErrors.Words(error)}. What is deployed stays; enroll anew with a new token (fleetctl token create)";
        context.Status.Set("identity", false, HubErrors.Reason(error), words);
        return new(HubErrors.Reason(error), words, false) { IsLasting = true };
    }

    private bool IsTooSoon() => _recovered is { } at && context.Time.GetElapsedTime(at) < BetweenRecoveries;

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, EventName = "SessionEnded", Level = LogLevel.Warning, Message = "No session ({Reason}): {Words}; again in {Seconds:0.0} s")]
        public static partial void Ended(ILogger logger, string reason, string words, double seconds);
    }
}
