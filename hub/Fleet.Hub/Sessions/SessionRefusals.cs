using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace Fleet.Hub.Sessions;

/// <summary>How a session is refused before it begins.</summary>
internal static class SessionRefusals
{
    public static RpcException ComeBack(TimeSpan after) => new Google.Rpc.Status
    {
        Code = (int)StatusCode.ResourceExhausted,
        Message = "This hub node lets in no more sessions just now. The agent comes back by itself.",
        Details = { Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(after) }) },
    }.ToRpcException();

    public static RpcException NoHello(TimeSpan within) => new(new Grpc.Core.Status(
        StatusCode.DeadlineExceeded, $"No Hello came within {within.TotalSeconds:0} s."));

    public static RpcException Malformed(string what) => new(new Grpc.Core.Status(StatusCode.InvalidArgument, what));

    public static RpcException Draining() => new Google.Rpc.Status
    {
        Code = (int)StatusCode.Unavailable,
        Message = "This hub node is being restarted.",
        Details = { Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(TimeSpan.FromSeconds(2)) }) },
    }.ToRpcException();
}
