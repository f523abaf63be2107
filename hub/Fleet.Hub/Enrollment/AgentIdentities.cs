using Grpc.Core;

namespace Fleet.Hub.Enrollment;

/// <summary>Gives services the identity of who calls. Nothing else may: no message, no label, no header names a caller.</summary>
public static class AgentIdentities
{
    /// <summary>The identity that <see cref="AgentGate"/> checked before the service was reached.</summary>
    /// <exception cref="RpcException">UNAUTHENTICATED: the call did not come in by the agents' listener.</exception>
    public static AgentIdentity From(ServerCallContext context) =>
        context.GetHttpContext().Features.Get<AgentIdentity>()
        ?? throw new RpcException(new Status(StatusCode.Unauthenticated, "This call is for agents, over mutual TLS, on the agents' address of the hub."));
}
