namespace Grpc.Core;

/// <summary>The messages that we stream to the other side; one write at a time.</summary>
public interface IAsyncStreamWriter<in T>
{
    WriteOptions? WriteOptions { get; set; }

    /// <summary>Completes when the peer's flow control has let the message through to the connection.</summary>
    Task WriteAsync(T message);

    /// <summary>As <see cref="WriteAsync(T)"/>; cancelling the token while the write is under way ends the call.</summary>
    Task WriteAsync(T message, CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            throw new NotSupportedException("Cancellation of stream writes is not supported by this stream.");
        }

        return WriteAsync(message);
    }
}
