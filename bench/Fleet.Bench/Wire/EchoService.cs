using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Fleet.Bench.Wire;

/// <summary>A service that echoes, as generated code would have it.</summary>
[BindServiceMethod(typeof(EchoService), nameof(BindService))]
internal sealed class EchoService
{
    private const string Name = "fleet.bench.Echo";

    private static readonly Marshaller<BytesValue> s_marshaller = Marshallers.Create<BytesValue>(
        static (message, context) =>
        {
            context.SetPayloadLength(message.CalculateSize());
            message.WriteTo(context.GetBufferWriter());
            context.Complete();
        },
        static context => BytesValue.Parser.ParseFrom(context.PayloadAsReadOnlySequence()));

    public static Method<BytesValue, BytesValue> UnaryMethod { get; } = new(MethodType.Unary, Name, nameof(Unary), s_marshaller, s_marshaller);

    public static Method<BytesValue, BytesValue> BothMethod { get; } = new(MethodType.DuplexStreaming, Name, nameof(Both), s_marshaller, s_marshaller);

    public static void BindService(ServiceBinderBase binder, EchoService? service)
    {
        binder.AddMethod(UnaryMethod, service is null ? null : service.Unary);
        binder.AddMethod(BothMethod, service is null ? null : service.Both);
    }

    public Task<BytesValue> Unary(BytesValue request, ServerCallContext context) => Task.FromResult(request);

    public async Task Both(IAsyncStreamReader<BytesValue> requests, IServerStreamWriter<BytesValue> responses, ServerCallContext context)
    {
        await context.WriteResponseHeadersAsync([]);
        while (await requests.MoveNext(context.CancellationToken))
        {
            await responses.WriteAsync(requests.Current, context.CancellationToken);
        }
    }
}
