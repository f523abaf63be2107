using Grpc.Core;

namespace Grpc.Wire;

/// <summary>Which status an HTTP answer without grpc-status stands for (http-grpc-status-mapping.md).</summary>
internal static class HttpStatusMap
{
    internal static StatusCode ToStatusCode(int httpStatus) => httpStatus switch
    {
        400 => StatusCode.Internal,
        401 => StatusCode.Unauthenticated,
        403 => StatusCode.PermissionDenied,
        404 => StatusCode.Unimplemented,
        429 or 502 or 503 or 504 => StatusCode.Unavailable,
        _ => StatusCode.Unknown,
    };
}
