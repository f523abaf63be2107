using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Around;

/// <summary>Logs how each call of a server ended: its method, code and time, and nothing that it carried.</summary>
public sealed partial class CallLog : AroundInterceptor
{
    private readonly TimeProvider _time;
    private readonly ILogger<CallLog> _logger;

    public CallLog(TimeProvider time, ILogger<CallLog> logger) => (_time, _logger) = (time, logger);

    protected override async Task<T> AroundAsync<T>(ServerCallContext context, Func<Task<T>> call)
    {
        var code = StatusCode.OK;
        var started = _time.GetTimestamp();
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
            Log.Ended(_logger, context.Method, code, _time.GetElapsedTime(started).TotalMilliseconds);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "GrpcCallEnded", Level = LogLevel.Debug, Message = "{Method} ended with {Code} after {Milliseconds:0} ms")]
        internal static partial void Ended(ILogger logger, string method, StatusCode code, double milliseconds);
    }
}
