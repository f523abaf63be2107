using Grpc.Core;

namespace Grpc.Wire;

/// <summary>Which status an HTTP/2 error code of RST_STREAM stands for (PROTOCOL-HTTP2.md, "Errors").</summary>
internal static class ResetCodeMap
{
    internal static StatusCode ToStatusCode(long errorCode) => errorCode switch
    {
        0x0 or 0x1 or 0x2 or 0x3 or 0x4 or 0x6 or 0x9 or 0xa => StatusCode.Internal,
        0x7 => StatusCode.Unavailable,
        0x8 => StatusCode.Cancelled,
        0xb => StatusCode.ResourceExhausted,
        0xc => StatusCode.PermissionDenied,
        _ => StatusCode.Unknown,
    };

    /// <summary>For a connection that the server closed with GOAWAY, without ending the call's stream first.</summary>
    internal static StatusCode OfConnection(long errorCode) => errorCode switch
    {
        0xb => StatusCode.ResourceExhausted,
        0xc => StatusCode.PermissionDenied,
        _ => StatusCode.Unavailable,
    };
}
