using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>
/// The life of one call. Completion, cancellation, deadline and broken transport race to <see cref="Finish"/>; the first one
/// decides the only status that any member will ever report, and releases everything else.
/// </summary>
internal sealed partial class ClientCall<TRequest, TResponse> : IActiveCall
    where TRequest : class
    where TResponse : class
{
    private readonly TaskCompletionSource<CallOutcome> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Metadata> _headers = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _abort = new();
    private readonly string? _host;
    private readonly bool _gzip;
    private CancellationTokenRegistration _callerToken;
    private DeadlineTimer? _deadline;
    private StreamRequestContent? _requests;
    private HttpResponseMessage? _response;

    internal ClientCall(GrpcChannel channel, Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        if (options.Deadline is { Kind: not DateTimeKind.Utc } deadline && deadline != DateTime.MaxValue && deadline != DateTime.MinValue)
        {
            throw new InvalidOperationException("The deadline must be in UTC (DateTimeKind.Utc).");
        }

        Channel = channel;
        Method = method;
        Options = options;
        _host = host;
        _gzip = options.Headers?.GetValue(ProtocolNames.EncodingRequest) == ProtocolNames.Gzip;
        channel.Enter(this);
    }

    internal GrpcChannel Channel { get; }

    internal Method<TRequest, TResponse> Method { get; }

    internal CallOptions Options { get; }

    /// <summary>Cancelled when the call has ended, however it did.</summary>
    internal CancellationToken Aborted => _abort.Token;

    internal Task<Metadata> HeadersAsync => _headers.Task;

    public void Dispose() => Finish(CallOutcome.Local(StatusCode.Cancelled, "The call was disposed of before it ended."));

    internal void Cancel() => Finish(CallOutcome.Local(StatusCode.Cancelled, "The caller cancelled the call."));

    internal Status GetStatus() => Ended("status").Status;

    internal Metadata GetTrailers() => Ended("trailers").Trailers;

    /// <summary>Why nothing more can be written; null while the call is under way.</summary>
    internal Exception? FailureOfFinishedCall() => !_outcome.Task.IsCompletedSuccessfully
        ? null
        : _outcome.Task.Result.IsOk
            ? new InvalidOperationException("The call has already ended: the server sent its status.")
            : ToException(_outcome.Task.Result);

    /// <summary>True if this outcome is the call's: later ones are ignored.</summary>
    private bool Finish(CallOutcome outcome)
    {
        if (!_outcome.TrySetResult(outcome))
        {
            return false;
        }

        Channel.Leave(this);
        _deadline?.Dispose();
        // Not Dispose, which waits for a callback under way: that may be the one that called us.
        _callerToken.Unregister();
        _headers.TrySetException(ToException(outcome));
        _ = _headers.Task.Exception;
        // Releases whoever waits on the transport; then RST_STREAM(CANCEL), if the exchange is not over.
        _abort.Cancel();
        Volatile.Read(ref _response)?.Dispose();
        _requests?.Abandon();
        return true;
    }

    private Exception ToException(CallOutcome outcome)
    {
        var failure = new RpcException(outcome.Status, outcome.Trailers);
        return Channel.ThrowOperationCanceled && outcome.IsLocal
            ? new OperationCanceledException(outcome.Status.Detail, failure, Options.CancellationToken)
            : failure;
    }

    private CallOutcome Ended(string what) => _outcome.Task.IsCompletedSuccessfully
        ? _outcome.Task.Result
        : throw new InvalidOperationException($"The call has not ended: it has no {what} yet.");
}
