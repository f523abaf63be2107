using Grpc.Core;

namespace Grpc.Tests.Support;

/// <summary>What the Echo service of a test does; each method echoes unless a test says otherwise.</summary>
internal sealed class EchoScript
{
    public UnaryServerMethod<EchoRequest, EchoResponse> Unary { get; init; } =
        (request, _) => Task.FromResult(Answer(request));

    public ServerStreamingServerMethod<EchoRequest, EchoResponse> Down { get; init; } = async (request, responses, _) =>
    {
        for (var i = 0; i < request.Count; i++)
        {
            await responses.WriteAsync(new EchoResponse { Text = $"{request.Text} {i}", Payload = request.Payload });
        }
    };

    public ClientStreamingServerMethod<EchoRequest, EchoResponse> Up { get; init; } = async (requests, _) =>
    {
        var texts = new List<string>();
        await foreach (var request in requests.ReadAllAsync())
        {
            texts.Add(request.Text);
        }

        return new EchoResponse { Text = string.Join(',', texts) };
    };

    public DuplexStreamingServerMethod<EchoRequest, EchoResponse> Both { get; init; } = async (requests, responses, _) =>
    {
        await foreach (var request in requests.ReadAllAsync())
        {
            await responses.WriteAsync(Answer(request));
        }
    };

    internal static EchoResponse Answer(EchoRequest request) => new() { Text = request.Text, Payload = request.Payload };
}
