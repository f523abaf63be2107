using Fleet.Hub.Storage;
using Grpc.AspNetCore.Around;
using Grpc.Core;

namespace Fleet.Hub.Api;

/// <summary>Turns what handlers throw into gRPC status, in one place. Expected failures are RpcExceptions already.</summary>
internal sealed partial class FailureInterceptor(ILogger<FailureInterceptor> logger) : AroundInterceptor
{
    protected override async Task<T> AroundAsync<T>(ServerCallContext context, Func<Task<T>> call)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not RpcException && !(e is OperationCanceledException && context.CancellationToken.IsCancellationRequested))
        {
            throw Translate(e, context.Method, logger);
        }
    }

    /// <summary>The failure to answer with; what is no expected one is logged here, once, and its text stays here.</summary>
    internal static RpcException Translate(Exception exception, string method, ILogger logger)
    {
        switch (exception)
        {
            case RpcException expected:
                return expected;
            case StorageException { Reason: StorageFailure.Full } e:
                Log.Storage(logger, method, e);
                return Refusals.Make(StatusCode.Unavailable, "DATABASE_FULL", "The disk of the hub's database is full, so nothing was changed. Free some space on it and try again; the hub's log names the file.");
            case StorageException { Reason: StorageFailure.Contention or StorageFailure.Unavailable } e:
                Log.Storage(logger, method, e);
                return Refusals.Make(StatusCode.Unavailable, "DATABASE", "The hub's database is busy or cannot be reached just now: try again. The hub's log and /readyz say more.");
            case OperationCanceledException:
                return Refusals.Make(StatusCode.Unavailable, "STOPPING", "The hub is stopping: connect again, to another node or to this one later.");
            default:
                Log.Unexpected(logger, method, exception);
                return Refusals.Make(StatusCode.Internal, "INTERNAL", "The hub failed to carry this call out, which is a bug or broken storage; its log says more.");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "CallFailed", Level = LogLevel.Error, Message = "{Method} failed")]
        public static partial void Unexpected(ILogger logger, string method, Exception exception);

        [LoggerMessage(EventName = "CallStorageFailed", Level = LogLevel.Warning, Message = "{Method} found the database busy, full or away")]
        public static partial void Storage(ILogger logger, string method, Exception exception);
    }
}
