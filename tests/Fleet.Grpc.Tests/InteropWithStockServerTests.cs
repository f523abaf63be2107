using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Tests.Support;

namespace Grpc.Tests;

/// <summary>Our client with the server of @grpc/grpc-js.</summary>
public sealed class InteropWithStockServerTests : IClassFixture<InteropWithStockServerTests.StockServer>
{
    private readonly StockServer _server;

    public InteropWithStockServerTests(StockServer server) => _server = server;

    private Echo.EchoClient Client => new(_server.Channel!);

    [Fact]
    public async Task Unary_MetadataBothWays_Arrives()
    {
        var headers = new Metadata { { "x-echo", "one" }, { "x-echo-bin", [0, 255, 44] }, { "x-echo-bin", [7] } };
        using var call = Client.UnaryAsync(new EchoRequest { Text = "hé" }, headers);

        Assert.Equal("hé", (await call.Soon()).Text);
        var received = await call.ResponseHeadersAsync.Soon();
        Assert.Equal("one", received.GetValue("x-echo"));
        Assert.Equal([[0, 255, 44], [7]], received.GetAll("x-echo-bin").Select(entry => entry.ValueBytes));
        Assert.Equal("end", call.GetTrailers().GetValue("x-trail"));
    }

    [Fact]
    public async Task ServerStreaming_ManyMessages_ArriveInOrder()
    {
        using var call = Client.Down(new EchoRequest { Text = "n", Count = 500, Payload = ByteString.CopyFrom(new byte[3000]) });
        var texts = await call.ResponseStream.ReadAllAsync().Select(response => response.Text).ToListAsync().AsTask().Soon();
        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"n {i}"), texts);
    }

    [Fact]
    public async Task ClientStreaming_HalfClose_GivesTheResponse()
    {
        using var call = Client.Up();
        foreach (var text in new[] { "a", "b" })
        {
            await call.RequestStream.WriteAsync(new EchoRequest { Text = text }).Soon();
        }

        await call.RequestStream.CompleteAsync();
        Assert.Equal("a,b", (await call.ResponseAsync.Soon()).Text);
    }

    [Fact]
    public async Task ClientStreaming_ServerAnswersFirst_GivesTheResponse()
    {
        using var call = Client.Up();
        await call.RequestStream.WriteAsync(new EchoRequest { Text = "enough" }).Soon();
        Assert.Equal("enough", (await call.ResponseAsync.Soon()).Text);
    }

    [Fact]
    public async Task Duplex_PingPong_WorksAndEnds()
    {
        using var call = Client.Both();
        for (var i = 0; i < 50; i++)
        {
            await call.RequestStream.WriteAsync(new EchoRequest { Text = $"{i}" }).Soon();
            Assert.True(await call.ResponseStream.MoveNext().Soon());
            Assert.Equal($"{i}", call.ResponseStream.Current.Text);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext().Soon());
    }

    [Fact]
    public async Task Failure_OfEveryKind_CarriesTextAndTrailers()
    {
        using var down = Client.Down(new EchoRequest { Text = "fail 9", Count = 1 });
        using var both = Client.Both();
        await both.RequestStream.WriteAsync(new EchoRequest { Text = "fail 9" }).Soon();

        foreach (var failing in new Func<Task>[]
        {
            () => Client.UnaryAsync(new EchoRequest { Text = "fail 9" }).ResponseAsync,
            async () => await down.ResponseStream.ReadAllAsync().ToListAsync(),
            () => both.ResponseStream.MoveNext(),
        })
        {
            var failure = await Patience.FailsAsync(StatusCode.FailedPrecondition, failing);
            Assert.Equal("für 100 %\nof 😀", failure.Status.Detail);
            Assert.Equal("because", failure.Trailers.GetValue("x-why"));
            Assert.Equal([0, 255, 1], failure.Trailers.GetValueBytes("x-why-bin"));
        }
    }

    [Fact]
    public async Task Gzip_LargeRequest_IsUnderstood()
    {
        var payload = ByteString.CopyFrom(new byte[200_000]);
        var response = await Client.UnaryAsync(new EchoRequest { Payload = payload }, [new("grpc-internal-encoding-request", "gzip")]).Soon();
        Assert.Equal(payload, response.Payload);
    }

    [Fact]
    public async Task Message_OverTheStockServersLimit_IsResourceExhausted() =>
        await Patience.FailsAsync(StatusCode.ResourceExhausted, () => Client.UnaryAsync(new EchoRequest { Payload = ByteString.CopyFrom(new byte[4 * 1024 * 1024]) }).ResponseAsync);

    [Fact]
    public async Task Deadline_ServerHangs_IsDeadlineExceeded() =>
        await Patience.FailsAsync(StatusCode.DeadlineExceeded, () =>
            Client.UnaryAsync(new EchoRequest { Text = "hang" }, deadline: DateTime.UtcNow.AddMilliseconds(300)).ResponseAsync);

    [Fact]
    public async Task Cancel_ServerStreamsAndHangs_IsCancelledAtTheServer()
    {
        using var caller = new CancellationTokenSource();
        using var call = Client.Down(new EchoRequest { Text = "hang", Count = 1 }, cancellationToken: caller.Token);
        Assert.True(await call.ResponseStream.MoveNext().Soon());

        await caller.CancelAsync();

        await Patience.FailsAsync(StatusCode.Cancelled, () => call.ResponseStream.MoveNext());
        await _server.Peer!.LineAsync(line => line == "cancelled hang");
    }

    [Fact]
    public async Task Dispose_OpenDuplex_IsCancelledAtTheServer()
    {
        var call = Client.Both();
        await call.RequestStream.WriteAsync(new EchoRequest { Text = "x" }).Soon();
        Assert.True(await call.ResponseStream.MoveNext().Soon());

        call.Dispose();

        await _server.Peer!.LineAsync(line => line == "cancelled both");
    }

    [Fact]
    public async Task UnknownMethod_IsUnimplemented()
    {
        var unknown = new Method<string, string>(MethodType.Unary, "fleet.grpc.tests.Echo", "Nope", Marshallers.StringMarshaller, Marshallers.StringMarshaller);
        await Patience.FailsAsync(StatusCode.Unimplemented, () => _server.Channel!.CreateCallInvoker().AsyncUnaryCall(unknown, null, default, "x").ResponseAsync);
    }

    public sealed class StockServer : IAsyncLifetime
    {
        internal NodePeer? Peer { get; private set; }

        internal GrpcChannel? Channel { get; private set; }

        public async Task InitializeAsync()
        {
            Peer = await NodePeer.StartAsync("server.js");
            var line = await Peer.LineAsync(text => text.StartsWith("port ", StringComparison.Ordinal));
            Channel = GrpcChannel.ForAddress($"http://127.0.0.1:{line[5..]}");
        }

        public async Task DisposeAsync()
        {
            Channel?.Dispose();
            await (Peer?.DisposeAsync() ?? ValueTask.CompletedTask);
        }
    }
}
