using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>Judges the headers of a response, and later its trailers.</summary>
internal static class ResponseHead
{
    /// <summary>The outcome if the headers decide it (trailers-only, no gRPC, unknown compression), else null.</summary>
    internal static CallOutcome? Judge(HttpResponseMessage response, out bool gzip)
    {
        gzip = false;
        if (Single(response.Headers, ProtocolNames.StatusTrailer) is not null)
        {
            return ReadStatus(response.Headers);
        }

        if (response.StatusCode != HttpStatusCode.OK)
        {
            return CallOutcome.Failed(HttpStatusMap.ToStatusCode((int)response.StatusCode), $"The server answered with HTTP status {(int)response.StatusCode} and no grpc-status.");
        }

        if (!ProtocolNames.IsGrpcContentType(response.Content.Headers.NonValidated.TryGetValues("content-type", out var type) ? type.ToString() : null))
        {
            return CallOutcome.Failed(StatusCode.Unknown, $"The server's answer is no gRPC: its content-type is '{type}'.");
        }

        switch (Single(response.Headers, ProtocolNames.EncodingHeader))
        {
            case null or ProtocolNames.Identity:
                return null;
            case ProtocolNames.Gzip:
                gzip = true;
                return null;
            case var encoding:
                return CallOutcome.Failed(StatusCode.Internal, $"The server compressed its messages with '{encoding}', which was not offered.");
        }
    }

    internal static CallOutcome ReadTrailers(HttpResponseMessage response) => ReadStatus(response.TrailingHeaders);

    internal static Metadata ReadMetadata(HttpHeaders headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers.NonValidated)
        {
            foreach (var value in values)
            {
                // A value that is no base64 is left out: it must not hide the status of the call.
                MetadataHeaders.TryAdd(metadata, name, value);
            }
        }

        return metadata;
    }

    private static CallOutcome ReadStatus(HttpHeaders headers)
    {
        var status = Single(headers, ProtocolNames.StatusTrailer);
        return status is null
            ? new CallOutcome(new Status(StatusCode.Unknown, "The server ended the stream without a grpc-status."), ReadMetadata(headers))
            : new CallOutcome(StatusTrailers.Parse(status, Single(headers, ProtocolNames.MessageTrailer)), ReadMetadata(headers));
    }

    private static string? Single(HttpHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null;
}
