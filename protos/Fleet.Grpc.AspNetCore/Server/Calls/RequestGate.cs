using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>Lets gRPC requests in, and lifts the guards of Kestrel that are made for short requests.</summary>
internal static class RequestGate
{
    internal static bool TryEnter(HttpContext http)
    {
        if (!HttpProtocol.IsHttp2(http.Request.Protocol) && !HttpProtocol.IsHttp3(http.Request.Protocol))
        {
            Refuse(http, StatusCodes.Status426UpgradeRequired, StatusCode.Internal, $"gRPC needs HTTP/2; the request came over {http.Request.Protocol}.");
            return false;
        }

        if (!ProtocolNames.IsGrpcContentType(http.Request.ContentType))
        {
            Refuse(http, StatusCodes.Status415UnsupportedMediaType, StatusCode.Internal, $"The content-type is not {ProtocolNames.ContentType}.");
            return false;
        }

        // Its absence shows a proxy that would drop our trailers, and the final status with them.
        if (!http.Request.Headers.TE.ToString().Contains("trailers", StringComparison.OrdinalIgnoreCase))
        {
            Refuse(http, StatusCodes.Status400BadRequest, StatusCode.Internal, "The header 'te: trailers' is missing: the client, or a proxy before this server, is not fit for gRPC.");
            return false;
        }

        LiftGuards(http);
        return true;
    }

    private static void LiftGuards(HttpContext http)
    {
        // Single messages are limited instead; a session may carry any number of them, at any pace.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = null;
        }

        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }
    }

    private static void Refuse(HttpContext http, int httpStatus, StatusCode code, string detail)
    {
        http.Response.StatusCode = httpStatus;
        http.Response.Headers[ProtocolNames.StatusTrailer] = StatusTrailers.Format(code);
        http.Response.Headers[ProtocolNames.MessageTrailer] = PercentEncoding.Encode(detail);
    }
}
