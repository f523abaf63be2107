namespace Grpc.Wire;

/// <summary>The header names and values of gRPC over HTTP/2 (PROTOCOL-HTTP2.md).</summary>
internal static class ProtocolNames
{
    internal const string ContentType = "application/grpc";
    internal const string StatusTrailer = "grpc-status";
    internal const string MessageTrailer = "grpc-message";
    internal const string TimeoutHeader = "grpc-timeout";
    internal const string EncodingHeader = "grpc-encoding";
    internal const string AcceptEncodingHeader = "grpc-accept-encoding";

    /// <summary>Asks for compression in call metadata, as with the official client; never sent.</summary>
    internal const string EncodingRequest = "grpc-internal-encoding-request";

    internal const string Gzip = "gzip";
    internal const string Identity = "identity";
    internal const string AcceptedEncodings = "identity,gzip";

    /// <summary>True for application/grpc, alone or with a suffix such as +proto or parameters.</summary>
    internal static bool IsGrpcContentType(string? contentType)
    {
        if (contentType is null || !contentType.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        return contentType.Length == ContentType.Length || contentType[ContentType.Length] is '+' or ';' or ' ';
    }
}
