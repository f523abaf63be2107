using System.Net;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>Makes the HTTP/2 request of a call.</summary>
internal static class RequestBuilder
{
    private const string UserAgent = "grpc-dotnet-fleet/0.1";

    internal static HttpRequestMessage Build(Uri uri, string? host, HttpContent content, Metadata? headers, TimeSpan? timeout, string? encoding)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, uri)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        request.Headers.Host = host;
        Add("te", "trailers");
        Add("user-agent", UserAgent);
        Add(ProtocolNames.AcceptEncodingHeader, ProtocolNames.AcceptedEncodings);
        if (timeout is { } left)
        {
            Add(ProtocolNames.TimeoutHeader, GrpcTimeout.Encode(left));
        }

        if (encoding is not null)
        {
            Add(ProtocolNames.EncodingHeader, encoding);
        }

        if (headers is not null)
        {
            foreach (var (name, value) in MetadataHeaders.Encode(headers))
            {
                Add(name, value);
            }
        }

        return request;

        void Add(string name, string value) => request.Headers.TryAddWithoutValidation(name, value);
    }
}
