using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>The caller's stream of requests.</summary>
internal sealed class RequestStream<TRequest, TResponse>(ClientCall<TRequest, TResponse> call, StreamRequestContent content, bool gzip) : IClientStreamWriter<TRequest>
    where TRequest : class
    where TResponse : class
{
    private const int Idle = 0;
    private const int Writing = 1;
    private const int Completed = 2;

    private readonly MessageFrame _frame = new(call.Channel.MaxSendMessageSize);
    private int _state;

    public WriteOptions? WriteOptions { get; set; } = call.Options.WriteOptions;

    public Task WriteAsync(TRequest message) => WriteAsync(message, CancellationToken.None);

    public Task WriteAsync(TRequest message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        return call.FailureOfFinishedCall() is { } failure ? Task.FromException(failure) : Begin() switch
        {
            Idle => WriteCoreAsync(message, cancellationToken),
            Writing => Refused("The previous write is not done: await it before the next one."),
            _ => Refused("The request stream is already complete: no message can follow CompleteAsync."),
        };
    }

    public Task CompleteAsync()
    {
        if (call.FailureOfFinishedCall() is { } failure)
        {
            // Half-closing what ended well is no fault: the server may finish first.
            return failure is RpcException or OperationCanceledException ? Task.FromException(failure) : Task.CompletedTask;
        }

        switch (Interlocked.CompareExchange(ref _state, Completed, Idle))
        {
            case Writing:
                return Refused("A write is not done: await it before CompleteAsync.");
            case Completed:
                return Refused("The request stream is already complete.");
            default:
                content.End();
                return Task.CompletedTask;
        }
    }

    private int Begin() => Interlocked.CompareExchange(ref _state, Writing, Idle);

    private async Task WriteCoreAsync(TRequest message, CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.UnsafeRegister(static state => ((ClientCall<TRequest, TResponse>)state!).Cancel(), call);
        var flags = WriteOptions?.Flags ?? WriteFlags.None;
        try
        {
            var bytes = _frame.Build(message, call.Method.RequestMarshaller.ContextualSerializer, gzip && !flags.HasFlag(WriteFlags.NoCompress));
            await content.WriteAsync(bytes, !flags.HasFlag(WriteFlags.BufferHint)).ConfigureAwait(false);
            _frame.Release();
        }
        catch (RpcException)
        {
            // The message itself cannot be sent; nothing of it was, so that the call goes on.
            throw;
        }
        catch (Exception exception)
        {
            _frame.Drop();
            throw await call.ExplainFailedWriteAsync(exception).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.CompareExchange(ref _state, Idle, Writing);
        }
    }

    private static Task Refused(string why) => Task.FromException(new InvalidOperationException(why));
}
