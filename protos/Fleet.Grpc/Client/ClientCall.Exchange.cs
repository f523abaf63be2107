using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client;

// The HTTP exchange: send, judge the headers, read messages, read the trailers.
internal sealed partial class ClientCall<TRequest, TResponse>
{
    // Zero-byte reads: an idle stream holds no buffer. A single response is not worth the second wait.
    private static readonly StreamPipeReaderOptions s_stream = new(bufferSize: 16 * 1024, leaveOpen: true, useZeroByteReads: true);
    private static readonly StreamPipeReaderOptions s_single = new(bufferSize: 4 * 1024, leaveOpen: true);

    // How long a failed write waits for the response side to say why.
    private static readonly TimeSpan s_explanationWait = TimeSpan.FromSeconds(5);

    // Taken for each read, since a failed write may look ahead for the final status.
    private readonly SemaphoreSlim _reading = new(1, 1);
    private Task _answered = Task.CompletedTask;
    private MessageReader<TResponse>? _reader;

    internal void StartSingle(TRequest request)
    {
        try
        {
            // Not from the pool: the transport may still be reading it after the call has ended.
            var frame = new MessageFrame(Channel.MaxSendMessageSize, pooled: false);
            var compress = _gzip && Options.WriteOptions?.Flags.HasFlag(WriteFlags.NoCompress) is not true;
            Start(new SingleRequestContent(frame.Build(request, Method.RequestMarshaller.ContextualSerializer, compress)));
        }
        catch (RpcException exception)
        {
            Finish(new CallOutcome(exception.Status, exception.Trailers));
        }
    }

    internal RequestStream<TRequest, TResponse> StartStream()
    {
        _requests = new StreamRequestContent(_abort.Token);
        var stream = new RequestStream<TRequest, TResponse>(this, _requests, _gzip);
        Start(_requests);
        return stream;
    }

    /// <summary>The only response, after the final status is known to be OK.</summary>
    internal Task<TResponse> ReadSingleAsync()
    {
        var response = Core();
        // Callers that dispose of the call without awaiting it need no unobserved exception.
        _ = response.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return response;

        async Task<TResponse> Core()
        {
            await _answered.ConfigureAwait(false);
            var message = await ReadAsync().ConfigureAwait(false);
            if (message is null)
            {
                var outcome = ResponseHead.ReadTrailers(_response!);
                Finish(outcome.IsOk ? NoResponse() : outcome);
                throw ToException(await _outcome.Task.ConfigureAwait(false));
            }

            Finish(await ReadAsync().ConfigureAwait(false) is null
                ? ResponseHead.ReadTrailers(_response!)
                : CallOutcome.Failed(StatusCode.Unimplemented, "The server sent several response messages where one was due."));
            var final = await _outcome.Task.ConfigureAwait(false);
            return final.IsOk ? message : throw ToException(final);
        }
    }

    /// <summary>The next response; null at the end of a stream that ended well.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<TResponse?> ReadNextAsync()
    {
        await _answered.ConfigureAwait(false);
        if (!_outcome.Task.IsCompleted)
        {
            if (await ReadAsync().ConfigureAwait(false) is { } message)
            {
                return message;
            }

            Finish(ResponseHead.ReadTrailers(_response!));
        }

        var outcome = await _outcome.Task.ConfigureAwait(false);
        return outcome.IsOk ? null : throw ToException(outcome);
    }

    /// <summary>What a write that the transport refused should throw: the call's own failure, where it can be known.</summary>
    internal async Task<Exception> ExplainFailedWriteAsync(Exception cause)
    {
        if (!_outcome.Task.IsCompleted)
        {
            try
            {
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(_abort.Token);
                var look = Method.Type is MethodType.DuplexStreaming ? LookForEndAsync(patience.Token) : _outcome.Task;
                await Task.WhenAny(look, Task.Delay(s_explanationWait, Channel.Time, patience.Token)).ConfigureAwait(false);
                await patience.CancelAsync().ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                // The stream was taken down meanwhile; the outcome tells.
            }
        }

        return FailureOfFinishedCall()
            ?? new RpcException(new Status(StatusCode.Unknown, "The server takes no more messages on this call: read its responses for the status.", cause));
    }

    private void Start(GrpcRequestContent content)
    {
        if (Options.CancellationToken.IsCancellationRequested)
        {
            Cancel();
            return;
        }

        TimeSpan? timeout = null;
        if (Options.Deadline is { } deadline && deadline != DateTime.MaxValue)
        {
            timeout = deadline - Channel.Time.GetUtcNow().UtcDateTime;
            if (timeout <= TimeSpan.Zero)
            {
                Expire();
                return;
            }

            _deadline = new DeadlineTimer(Channel.Time, timeout.Value, Expire);
        }

        _callerToken = Options.CancellationToken.UnsafeRegister(static state => ((ClientCall<TRequest, TResponse>)state!).Cancel(), this);
        if (_outcome.Task.IsCompleted)
        {
            // Ended while the two were being armed, when Finish could not yet see them.
            _deadline?.Dispose();
            _callerToken.Unregister();
            return;
        }

        _answered = ExchangeAsync(content, timeout);
    }

    // Violations of cardinality are UNIMPLEMENTED by the specification's table of status codes.
    private static CallOutcome NoResponse() => CallOutcome.Failed(StatusCode.Unimplemented, "The server sent no response message where one was due.");

    private void Expire() => Finish(CallOutcome.Local(StatusCode.DeadlineExceeded, "The deadline passed before the call ended."));

    /// <summary>Ends when the headers are judged; never throws.</summary>
    private async Task ExchangeAsync(GrpcRequestContent content, TimeSpan? timeout)
    {
        try
        {
            var headers = await CallAuthentication.ApplyAsync(Channel, Method, Options, _abort.Token).ConfigureAwait(false);
            var request = RequestBuilder.Build(Channel.UriOf(Method), _host, content, headers, timeout, _gzip ? ProtocolNames.Gzip : null);
            var response = await Channel.SendAsync(request, _abort.Token).ConfigureAwait(false);
            _requests?.Answered();
            Interlocked.Exchange(ref _response, response);
            if (_outcome.Task.IsCompleted)
            {
                response.Dispose();
                return;
            }

            var outcome = ResponseHead.Judge(response, out var gzip);
            if (outcome is null)
            {
                var body = await response.Content.ReadAsStreamAsync(_abort.Token).ConfigureAwait(false);
                var pipe = PipeReader.Create(body, Method.Type is MethodType.Unary or MethodType.ClientStreaming ? s_single : s_stream);
                _reader = new MessageReader<TResponse>(pipe, Method.ResponseMarshaller.ContextualDeserializer, Channel.MaxReceiveMessageSize, gzip);
                _headers.TrySetResult(ResponseHead.ReadMetadata(response.Headers));
            }
            else
            {
                _headers.TrySetResult(ResponseHead.ReadMetadata(response.Headers));
                Finish(outcome.IsOk && Method.Type is (MethodType.Unary or MethodType.ClientStreaming) ? NoResponse() : outcome);
            }
        }
        catch (Exception exception)
        {
            Finish(TransportFailure.ToOutcome(exception, Channel.Address));
        }
    }

    /// <summary>The next message or null at the end; throws the call's failure, and leaves reading the trailers to the caller.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<TResponse?> ReadAsync()
    {
        if (!_outcome.Task.IsCompleted)
        {
            try
            {
                await _reading.WaitAsync(_abort.Token).ConfigureAwait(false);
                try
                {
                    return await _reader!.ReadAsync(_abort.Token).ConfigureAwait(false);
                }
                finally
                {
                    _reading.Release();
                }
            }
            catch (Exception exception)
            {
                Finish(TransportFailure.ToOutcome(exception, Channel.Address));
            }
        }

        var outcome = await _outcome.Task.ConfigureAwait(false);
        return outcome.IsOk ? null : throw ToException(outcome);
    }

    private async Task LookForEndAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _answered.WaitAsync(cancellationToken).ConfigureAwait(false);
            await _reading.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                if (!_outcome.Task.IsCompleted && await _reader!.IsAtEndAsync(cancellationToken).ConfigureAwait(false))
                {
                    Finish(ResponseHead.ReadTrailers(_response!));
                }
            }
            finally
            {
                _reading.Release();
            }
        }
        catch (Exception exception)
        {
            if (!cancellationToken.IsCancellationRequested)
            {
                Finish(TransportFailure.ToOutcome(exception, Channel.Address));
            }
        }
    }
}
