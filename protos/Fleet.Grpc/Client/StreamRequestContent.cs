using System.Net;

namespace Grpc.Net.Client;

/// <summary>A request body that stays open while the caller writes: it lends its stream out until it is told to end.</summary>
internal sealed class StreamRequestContent : GrpcRequestContent
{
    private readonly TaskCompletionSource<Stream> _stream = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The stream, once the request is on its way; never completes on a call that fails before that.</summary>
    internal Task<Stream> Stream => _stream.Task;

    /// <summary>Ends the body, which half-closes the HTTP/2 stream.</summary>
    internal void End() => _end.TrySetResult();

    /// <summary>Breaks the body off: the call is over, and the server must not take this for a half-close.</summary>
    internal void Abandon() => _end.TrySetCanceled();

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // The headers would else wait for the first message.
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        if (!_stream.TrySetResult(stream))
        {
            // A second connection was tried; messages may already have gone to the first.
            throw new IOException("A stream of requests cannot be sent again.");
        }

        await _end.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }
}
