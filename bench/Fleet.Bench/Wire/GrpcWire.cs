using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;

namespace Fleet.Bench.Wire;

/// <summary>By gRPC.</summary>
internal sealed class GrpcWire(Uri server, int size) : IWire
{
    private readonly GrpcChannel _channel = GrpcChannel.ForAddress(server);
    private readonly BytesValue _message = new() { Value = ByteString.CopyFrom(new byte[size]) };
    private CallInvoker? _invoker;

    public string Name => "gRPC";

    private CallInvoker Invoker => _invoker ??= _channel.CreateCallInvoker();

    public async Task CallAsync(CancellationToken cancellationToken)
    {
        using var call = Invoker.AsyncUnaryCall(EchoService.UnaryMethod, null, new CallOptions(cancellationToken: cancellationToken), _message);
        await call.ResponseAsync;
    }

    public async Task StreamAsync(int messages, CancellationToken cancellationToken)
    {
        using var call = Invoker.AsyncDuplexStreamingCall(EchoService.BothMethod, null, new CallOptions(cancellationToken: cancellationToken));
        var writing = WriteAsync(call.RequestStream, messages);
        var received = 0;
        while (await call.ResponseStream.MoveNext(default))
        {
            received++;
        }

        await writing;
        if (received != messages)
        {
            throw new IOException($"{received} of {messages} messages came back.");
        }
    }

    public async Task<IDisposable> OpenAsync(CancellationToken cancellationToken)
    {
        var call = Invoker.AsyncDuplexStreamingCall(EchoService.BothMethod, null, new CallOptions(cancellationToken: cancellationToken));
        await call.ResponseHeadersAsync;
        return new Open(call, call.ResponseStream.MoveNext(default));
    }

    public ValueTask DisposeAsync()
    {
        _channel.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task WriteAsync(IClientStreamWriter<BytesValue> requests, int messages)
    {
        for (var i = 0; i < messages; i++)
        {
            await requests.WriteAsync(_message);
        }

        await requests.CompleteAsync();
    }

    private sealed class Open(AsyncDuplexStreamingCall<BytesValue, BytesValue> call, Task reading) : IDisposable
    {
        public void Dispose()
        {
            call.Dispose();
            _ = reading.Exception;
        }
    }
}
