using System.Net;

namespace Grpc.Net.Client;

/// <summary>A request of one message. It can be sent again, for the case that the server certainly did not process the first try.</summary>
internal sealed class SingleRequestContent(ReadOnlyMemory<byte> frame) : GrpcRequestContent
{
    private readonly Attempts _attempts = new();

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        _attempts.Begin();
        return stream.WriteAsync(frame, cancellationToken).AsTask();
    }
}
