using System.Net;

namespace Grpc.Net.Client;

/// <summary>A request of one message. It can be sent again, for the case that the server certainly did not process the first try.</summary>
internal sealed class SingleRequestContent(ReadOnlyMemory<byte> frame) : GrpcRequestContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        stream.WriteAsync(frame, cancellationToken).AsTask();
}
