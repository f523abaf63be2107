using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>
/// Counts how often one request left this client. The HTTP handler repeats a request only where the server certainly did not
/// process it (REFUSED_STREAM, or a stream above the last one of GOAWAY); gRPC allows that once (gRFC A6, "transparent retries").
/// </summary>
internal sealed class Attempts
{
    private const int Most = 2;
    private int _made;

    /// <summary>The number of this try, from 1.</summary>
    internal int Begin() => Interlocked.Increment(ref _made) is var made && made <= Most
        ? made
        : throw new RpcException(new Status(StatusCode.Unavailable, "The server refused the call twice without looking at it: it is overloaded or going away. Try again later."));
}
