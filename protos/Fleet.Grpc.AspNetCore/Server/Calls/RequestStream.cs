using System.Runtime.CompilerServices;
using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>The requests of a call.</summary>
internal sealed class RequestStream<T>(ServerCall call, Func<DeserializationContext, T> deserializer) : IAsyncStreamReader<T>
    where T : class
{
    private readonly MessageReader<T> _reader = new(call.Http.Request.BodyReader, deserializer, call.Settings.MaxReceiveMessageSize, call.RequestIsGzip);
    private T? _current;
    private int _reading;

    public T Current => _current ?? throw new InvalidOperationException("There is no current message: MoveNext has not given true.");

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        _current = await ReadAsync(cancellationToken);
        return _current is not null;
    }

    /// <summary>Null at the end; OperationCanceledException once the call is cancelled or past its deadline.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<T?> ReadAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _reading, 1) != 0)
        {
            throw new InvalidOperationException("The previous MoveNext is not done: await it before the next one.");
        }

        var ended = call.CancellationToken;
        using var linked = cancellationToken.CanBeCanceled && cancellationToken != ended
            ? CancellationTokenSource.CreateLinkedTokenSource(ended, cancellationToken)
            : null;
        try
        {
            ended.ThrowIfCancellationRequested();
            return await _reader.ReadAsync(linked?.Token ?? ended);
        }
        catch (BadHttpRequestException exception)
        {
            throw new RpcException(new Status(StatusCode.Internal, $"The request body is malformed: {exception.Message}", exception));
        }
        catch (IOException exception)
        {
            call.ClientLeft();
            throw new OperationCanceledException("The client reset the call, or its connection broke.", exception, ended);
        }
        catch (Exception exception) when (exception is not RpcException && ended.IsCancellationRequested)
        {
            // However Kestrel reports a reset stream, handlers see one thing.
            throw new OperationCanceledException("The call was cancelled by the client, or its deadline passed.", exception, ended);
        }
        catch (OperationCanceledException exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(exception.Message, exception, cancellationToken);
        }
        finally
        {
            Volatile.Write(ref _reading, 0);
        }
    }
}
