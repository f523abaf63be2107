using System.Net;
using System.Net.Http.Headers;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>A request body in the gRPC content type, of unknown length.</summary>
internal abstract class GrpcRequestContent : HttpContent
{
    private static readonly MediaTypeHeaderValue s_contentType = new(ProtocolNames.ContentType);

    protected GrpcRequestContent() => Headers.ContentType = s_contentType;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected abstract override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken);

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
