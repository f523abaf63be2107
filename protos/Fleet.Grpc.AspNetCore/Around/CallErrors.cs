using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Around;

/// <summary>Ends calls whose handler failed with INTERNAL and a text of its own: what the exception says goes to the log alone.</summary>
public sealed partial class CallErrors : AroundInterceptor
{
    private readonly ILogger<CallErrors> _logger;

    public CallErrors(ILogger<CallErrors> logger) => _logger = logger;

    protected override async Task<T> AroundAsync<T>(ServerCallContext context, Func<Task<T>> call)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not RpcException && !(exception is OperationCanceledException && context.CancellationToken.IsCancellationRequested))
        {
            Log.Failed(_logger, exception, context.Method);
            throw new RpcException(new Status(StatusCode.Internal, "The server failed to carry this call out; its log says why."));
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "GrpcCallErred", Level = LogLevel.Error, Message = "{Method} failed; the client was told INTERNAL")]
        internal static partial void Failed(ILogger logger, Exception exception, string method);
    }
}
