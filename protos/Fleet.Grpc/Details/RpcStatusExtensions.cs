namespace Grpc.Core;

/// <summary>Turns rich errors into exceptions; the same methods as in the official Grpc.StatusProto.</summary>
public static class RpcStatusExtensions
{
    /// <summary>An exception whose trailers carry the whole status in <c>grpc-status-details-bin</c>.</summary>
    public static RpcException ToRpcException(this Google.Rpc.Status status)
    {
        ArgumentNullException.ThrowIfNull(status);
        return status.ToRpcException((StatusCode)status.Code, status.Message);
    }

    public static RpcException ToRpcException(this Google.Rpc.Status status, StatusCode statusCode, string message)
    {
        ArgumentNullException.ThrowIfNull(status);
        var trailers = new Metadata();
        trailers.SetRpcStatus(status);
        return new RpcException(new Status(statusCode, message), trailers);
    }
}
