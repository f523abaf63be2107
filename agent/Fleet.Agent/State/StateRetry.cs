using Fleet.Agent.Core.Errors;
using Fleet.Agent.Kube;
using Fleet.Agent.Telemetry;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.State;

/// <summary>Repeats a call for the agent's own state until it succeeds: without it nothing may go on, so there is nothing else to do. What is wrong stands in the status meanwhile.</summary>
internal sealed partial class StateRetry(AgentStatus status, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <param name="what">For people: "reading the identity".</param>
    /// <param name="call">May be repeated.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<T> UntilDoneAsync<T>(string what, Func<CancellationToken, Task<KubeResult<T>>> call, CancellationToken cancellationToken)
    {
        for (var failures = 1; ; failures++)
        {
            var result = await call(cancellationToken).ConfigureAwait(false);
            if (result.IsOk)
            {
                status.Set("cluster", true, "Reachable", "the API server answers");
                return result.Value;
            }
            // What must be changed may be the agent's own rights: looked at again well within a minute.
            var verdict = ErrorJudge.Judge(result.Error, hideValues: true);
            var wait = Backoff.For(verdict, failures, Random.Shared.NextDouble());
            if (wait > Longest) wait = Longest * (0.5 + (Random.Shared.NextDouble() / 2));
            status.Set("cluster", false, verdict.Reason, $"{what} failed: {verdict.Message}");
            Log.Failed(log, what, verdict.Reason, verdict.Message, wait.TotalSeconds);
            await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
        }
    }

    public Task UntilDoneAsync(string what, Func<CancellationToken, Task<KubeApiError?>> call, CancellationToken cancellationToken) =>
        UntilDoneAsync<bool>(what, async token => await call(token).ConfigureAwait(false) is { } error ? error : true, cancellationToken);

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, EventName = "StateCallFailed", Level = LogLevel.Warning, Message = "{What} failed ({Reason}): {Error}; tried again in {Seconds:0.0} s")]
        public static partial void Failed(ILogger logger, string what, string reason, string error, double seconds);
    }
}
