using System.Diagnostics.Metrics;
using Grpc.Core;

namespace Grpc.AspNetCore.Around;

/// <summary>Counts and times the calls of a server. Labels are method and code: both bounded by what is mapped.</summary>
public sealed class CallMetrics : AroundInterceptor
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Fleet.Grpc";

    private static readonly Meter s_meter = new(MeterName);
    private static readonly UpDownCounter<long> s_active = s_meter.CreateUpDownCounter<long>("fleet_grpc_calls_active", description: "Calls under way, by method.");
    private static readonly Histogram<double> s_seconds = s_meter.CreateHistogram<double>("fleet_grpc_call", unit: "s", description: "How long calls took, by method and code.");

    private readonly TimeProvider _time;

    public CallMetrics(TimeProvider time) => _time = time;

    protected override async Task<T> AroundAsync<T>(ServerCallContext context, Func<Task<T>> call)
    {
        var method = new KeyValuePair<string, object?>("method", context.Method);
        var code = StatusCode.OK;
        var started = _time.GetTimestamp();
        s_active.Add(1, method);
        try
        {
            var result = await call().ConfigureAwait(false);
            code = context.Status.StatusCode;
            return result;
        }
        catch (Exception exception)
        {
            code = CodeOf(exception, context);
            throw;
        }
        finally
        {
            s_active.Add(-1, method);
            s_seconds.Record(_time.GetElapsedTime(started).TotalSeconds, method, new("code", code.ToString()));
        }
    }
}
