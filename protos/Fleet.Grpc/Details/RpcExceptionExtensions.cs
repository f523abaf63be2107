namespace Grpc.Core;

/// <summary>Reads the rich status of a failed call.</summary>
public static class RpcExceptionExtensions
{
    /// <summary>Null when the peer sent no details, or bytes that are none: a broken detail never hides the error itself.</summary>
    public static Google.Rpc.Status? GetRpcStatus(this RpcException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception.Trailers.GetRpcStatus(ignoreParseError: true);
    }
}
