using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Calls;

// How a call ends. Handler and deadline race to TryDecide; the first one writes the status, and the other one writes nothing.
internal sealed partial class ServerCall
{
    private const int NoError = 0x0;
    private const int Cancel = 0x8;

    private readonly object _gate = new();
    private readonly CancellationTokenSource _cancellation;
    private DeadlineTimer? _timer;
    private TaskCompletionSource? _lastWrite;
    private Task _expired = Task.CompletedTask;
    private bool _writing;
    private bool _isExpired;
    private volatile bool _clientLeft;
    private bool _decided;

    /// <summary>Before a write to the response; refused while another is under way, and after the final status.</summary>
    internal void BeginWrite()
    {
        lock (_gate)
        {
            if (_decided)
            {
                _ended.ThrowIfCancellationRequested();
                throw new InvalidOperationException("The call has ended: nothing more can be written.");
            }

            if (_writing)
            {
                throw new InvalidOperationException("The previous write is not done: await it before the next one.");
            }

            _writing = true;
        }
    }

    internal void EndWrite()
    {
        lock (_gate)
        {
            _writing = false;
            _lastWrite?.SetResult();
        }
    }

    /// <summary>The handler returned.</summary>
    internal Task EndAsync() => EndAsync(Status, _trailers);

    /// <summary>The handler failed, or was never reached.</summary>
    internal Task EndAsync(Exception exception)
    {
        var status = ToStatus(exception);
        if (exception is RpcException rpc)
        {
            foreach (var entry in rpc.Trailers)
            {
                _trailers.Add(entry);
            }
        }

        return EndAsync(status, _trailers);
    }

    /// <summary>
    /// Reading found the stream reset. Kestrel cancels RequestAborted a little later, on another thread; handlers that ask
    /// their token whether an exception is their cancellation need it now.
    /// </summary>
    internal void ClientLeft()
    {
        _clientLeft = true;
        _ = _cancellation.CancelAsync();
    }

    internal void Release()
    {
        _timer?.Dispose();
        _cancellation.Dispose();
    }

    private void StartDeadline(TimeSpan left)
    {
        var now = Settings.Time.GetUtcNow().UtcDateTime;
        _deadline = left < DateTime.MaxValue - now ? now + left : DateTime.MaxValue;
        _timer = new DeadlineTimer(Settings.Time, left, Expire);
    }

    private async Task EndAsync(Status status, Metadata trailers)
    {
        bool decided;
        lock (_gate)
        {
            decided = TryDecide();
            if (decided && _writing)
            {
                _lastWrite = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        if (!decided)
        {
            // The request belongs to the server again once we return.
            await _expired;
            return;
        }

        // A handler may return without awaiting its last write; trailers come after it.
        if (_lastWrite is not null)
        {
            await _lastWrite.Task;
        }

        if (!Http.RequestAborted.IsCancellationRequested)
        {
            WriteStatus(status, trailers);
        }
    }

    private void Expire()
    {
        lock (_gate)
        {
            if (!TryDecide())
            {
                return;
            }

            _isExpired = true;
            _expired = ExpireAsync(_writing);
        }
    }

    /// <summary>Ends the call for the client at once, whatever the handler is doing.</summary>
    private async Task ExpireAsync(bool writing)
    {
        await Task.Yield();
        try
        {
            // Marks the token now; its callbacks may be slow, and the client need not wait for them.
            var cancelling = _cancellation.CancelAsync();
            if (!writing)
            {
                WriteStatus(new Status(StatusCode.DeadlineExceeded, "The deadline passed before the call ended."), Metadata.Empty);
                await Http.Response.CompleteAsync();
            }

            // A write that is under way may be waiting for a peer that does not read: no trailers can pass it.
            Http.Features.Get<IHttpResetFeature>()?.Reset(writing ? Cancel : NoError);
            await cancelling;
        }
        catch (Exception exception)
        {
            Log.DeadlineAnswerFailed(Settings.Logger, exception, Method);
        }
    }

    private bool TryDecide()
    {
        if (_decided)
        {
            return false;
        }

        return _decided = true;
    }

    private void WriteStatus(Status status, Metadata trailers)
    {
        // Before the first message, everything goes into the headers ("trailers-only").
        var started = Http.Response.HasStarted || HasBody;
        var target = started ? Http.Features.Get<IHttpResponseTrailersFeature>()?.Trailers : Http.Response.Headers;
        if (target is null)
        {
            Http.Abort();
            return;
        }

        try
        {
            foreach (var (name, value) in MetadataHeaders.Encode(trailers))
            {
                target.Append(name, value);
            }
        }
        catch (RpcException exception)
        {
            status = exception.Status;
        }

        target[ProtocolNames.StatusTrailer] = StatusTrailers.Format(status.StatusCode);
        if (!string.IsNullOrEmpty(status.Detail))
        {
            target[ProtocolNames.MessageTrailer] = PercentEncoding.Encode(status.Detail);
        }
    }

    private Status ToStatus(Exception exception)
    {
        switch (exception)
        {
            case RpcException { StatusCode: not StatusCode.OK } rpc:
                Log.CallFailed(Settings.Logger, Method, rpc.StatusCode, rpc.Status.Detail);
                return rpc.Status;
            case not RpcException when _isExpired:
                return new Status(StatusCode.DeadlineExceeded, "The deadline passed before the call ended.");
            case not RpcException when _clientLeft || Http.RequestAborted.IsCancellationRequested:
                Log.ClientLeft(Settings.Logger, Method);
                return Status.DefaultCancelled;
            default:
                Log.HandlerThrew(Settings.Logger, exception, Method);
                return new Status(StatusCode.Unknown, Settings.EnableDetailedErrors ? $"The service failed: {exception.GetType().Name}: {exception.Message}" : "The service failed; its log says why.");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, EventName = "GrpcCallFailed", Level = LogLevel.Debug, Message = "{Method} ended with {Code}: {Detail}")]
        internal static partial void CallFailed(ILogger logger, string method, StatusCode code, string detail);

        [LoggerMessage(EventId = 2, EventName = "GrpcHandlerThrew", Level = LogLevel.Error, Message = "{Method} failed with an exception that is no RpcException; the client was told UNKNOWN")]
        internal static partial void HandlerThrew(ILogger logger, Exception exception, string method);

        [LoggerMessage(EventId = 3, EventName = "GrpcClientLeft", Level = LogLevel.Debug, Message = "{Method} was cancelled by its client, or its connection broke")]
        internal static partial void ClientLeft(ILogger logger, string method);

        [LoggerMessage(EventId = 4, EventName = "GrpcDeadlineAnswerFailed", Level = LogLevel.Debug, Message = "{Method} passed its deadline, and the client could not be told")]
        internal static partial void DeadlineAnswerFailed(ILogger logger, Exception exception, string method);
    }
}
