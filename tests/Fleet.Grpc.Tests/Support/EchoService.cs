using Grpc.Core;

namespace Grpc.Tests.Support;

/// <summary>The generated base, driven by the test's script.</summary>
internal sealed class EchoService(EchoScript script) : Echo.EchoBase
{
    public override Task<EchoResponse> Unary(EchoRequest request, ServerCallContext context) => script.Unary(request, context);

    public override Task Down(EchoRequest request, IServerStreamWriter<EchoResponse> responseStream, ServerCallContext context) =>
        script.Down(request, responseStream, context);

    public override Task<EchoResponse> Up(IAsyncStreamReader<EchoRequest> requestStream, ServerCallContext context) =>
        script.Up(requestStream, context);

    public override Task Both(IAsyncStreamReader<EchoRequest> requestStream, IServerStreamWriter<EchoResponse> responseStream, ServerCallContext context) =>
        script.Both(requestStream, responseStream, context);
}
