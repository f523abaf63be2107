namespace Grpc.Core;

/// <summary>The messages that the other side streams, one at a time.</summary>
public interface IAsyncStreamReader<out T>
{
    /// <summary>Valid after <see cref="MoveNext"/> gave true, until it is called again.</summary>
    T Current { get; }

    /// <summary>False at the end of the stream. Cancelling the token ends the call.</summary>
    Task<bool> MoveNext(CancellationToken cancellationToken);
}
