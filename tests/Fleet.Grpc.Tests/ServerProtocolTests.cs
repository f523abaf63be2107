using System.Net;
using Grpc.Core;
using Grpc.Tests.Support;

namespace Grpc.Tests;

public class ServerProtocolTests
{
    [Theory]
    [InlineData("application/grpc", true)]
    [InlineData("application/grpc+proto", true)]
    [InlineData("application/grpc;x=y", true)]
    [InlineData("application/grpc-web", false)]
    [InlineData("application/json", false)]
    public async Task ContentType_OnlyGrpc_IsServed(string type, bool served)
    {
        await using var server = await EchoServer.StartAsync(new EchoScript());
        var request = RawPeer.Request(server.Address, "Unary", new ByteArrayContent(RawPeer.Frame(new EchoRequest())));
        request.Content!.Headers.Remove("content-type");
        request.Content.Headers.TryAddWithoutValidation("content-type", type);
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());

        using var response = await http.SendAsync(request, CancellationToken.None).Soon();

        Assert.Equal(served ? HttpStatusCode.OK : HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Fact]
    public async Task TeTrailers_Missing_IsRefusedWithTheReason()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript());
        var (status, message, _) = await RawPeer.SendAsync(RawPeer.Request(server.Address, "Unary", new ByteArrayContent(RawPeer.Frame(new EchoRequest())), te: false));
        Assert.Equal("13", status);
        Assert.Contains("te: trailers", message);
    }

    [Theory]
    [InlineData("5")]
    [InlineData("xS")]
    [InlineData("999999999S")]
    public async Task GrpcTimeout_Malformed_IsInternal(string timeout)
    {
        await using var server = await EchoServer.StartAsync(new EchoScript());
        var request = RawPeer.Request(server.Address, "Unary", new ByteArrayContent(RawPeer.Frame(new EchoRequest())));
        request.Headers.TryAddWithoutValidation("grpc-timeout", timeout);
        Assert.Equal("13", (await RawPeer.SendAsync(request)).Status);
    }

    [Fact]
    public async Task BinaryHeader_NoBase64_IsInternal()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript());
        var request = RawPeer.Request(server.Address, "Unary", new ByteArrayContent(RawPeer.Frame(new EchoRequest())));
        request.Headers.TryAddWithoutValidation("x-bin", "?");
        Assert.Equal("13", (await RawPeer.SendAsync(request)).Status);
    }

    [Fact]
    public async Task Unary_NoMessage_IsUnimplemented()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript());
        Assert.Equal("12", (await RawPeer.SendAsync(RawPeer.Request(server.Address, "Unary", new ByteArrayContent([])))).Status);
    }

    [Fact]
    public async Task Unary_TwoMessages_IsUnimplemented()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript());
        var frame = RawPeer.Frame(new EchoRequest());
        Assert.Equal("12", (await RawPeer.SendAsync(RawPeer.Request(server.Address, "Unary", new ByteArrayContent([.. frame, .. frame])))).Status);
    }

    [Theory]
    [InlineData(new byte[] { 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 9, 1 })]
    [InlineData(new byte[] { 2, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 2, 255, 255 })]
    public async Task Request_CutOrMalformed_IsInternalAndNoLoggedError(byte[] body)
    {
        await using var server = await EchoServer.StartAsync(new EchoScript());
        Assert.Equal("13", (await RawPeer.SendAsync(RawPeer.Request(server.Address, "Unary", new ByteArrayContent(body)))).Status);
        Assert.Empty(server.Log.Errors);
    }

    [Fact]
    public async Task Request_ClaimingFourGigabytes_IsResourceExhaustedAtOnce()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript());
        Assert.Equal("8", (await RawPeer.SendAsync(RawPeer.Request(server.Address, "Unary", new ByteArrayContent([0, 255, 255, 255, 255, 1])))).Status);
    }

    [Fact]
    public async Task Requests_ManyInOneFrameAndOneInManyFrames_AreTheSameMessages()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript());
        byte[] all = [.. Enumerable.Range(0, 20).SelectMany(i => RawPeer.Frame(new EchoRequest { Text = $"{i}" }))];
        var expected = string.Join(',', Enumerable.Range(0, 20));

        foreach (var content in new HttpContent[] { new ByteArrayContent(all), new DripContent(all) })
        {
            var (status, _, body) = await RawPeer.SendAsync(RawPeer.Request(server.Address, "Up", content));
            Assert.Equal("0", status);
            Assert.Equal(RawPeer.Frame(new EchoResponse { Text = expected }), body);
        }
    }

    [Fact]
    public async Task ServerFinishesFirst_ClientStillSending_StatusArrivesAndWritesEnd()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript
        {
            Both = async (requests, responses, _) =>
            {
                await requests.MoveNext();
                await responses.WriteAsync(new EchoResponse { Text = "enough" });
                throw new RpcException(new Status(StatusCode.PermissionDenied, "stop"));
            },
        });
        using var call = server.Client().Both();
        await call.RequestStream.WriteAsync(new EchoRequest()).Soon();
        Assert.True(await call.ResponseStream.MoveNext().Soon());

        var failure = await Patience.FailsAsync(async () =>
        {
            while (true)
            {
                await call.RequestStream.WriteAsync(new EchoRequest { Text = "more" });
            }
        });

        Assert.Equal(StatusCode.PermissionDenied, failure.StatusCode);
        await Patience.FailsAsync(StatusCode.PermissionDenied, () => call.ResponseStream.MoveNext());
    }

    [Fact]
    public async Task ServerFinishesFirstWithOk_ClientStreaming_ResponseArrives()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript
        {
            Up = async (requests, _) =>
            {
                await requests.MoveNext();
                return new EchoResponse { Text = "enough" };
            },
        });
        using var call = server.Client().Up();
        await call.RequestStream.WriteAsync(new EchoRequest()).Soon();

        Assert.Equal("enough", (await call.ResponseAsync.Soon()).Text);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync(new EchoRequest()).Soon());
        await call.RequestStream.CompleteAsync().Soon();
    }

    [Fact]
    public async Task HalfClose_BeforeTheServerEnds_ServerGoesOnSending()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript
        {
            Both = async (requests, responses, _) =>
            {
                while (await requests.MoveNext())
                {
                }

                for (var i = 0; i < 5; i++)
                {
                    await responses.WriteAsync(new EchoResponse { Text = $"{i}" });
                }
            },
        });
        using var call = server.Client().Both();
        await call.RequestStream.CompleteAsync().Soon();

        Assert.Equal(5, (await call.ResponseStream.ReadAllAsync().ToListAsync().AsTask().Soon()).Count);
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync(new EchoRequest()).Soon());
    }

    /// <summary>Sends each byte in a DATA frame of its own.</summary>
    private sealed class DripContent(byte[] bytes) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            foreach (var b in bytes)
            {
                await stream.WriteAsync(new[] { b });
                await stream.FlushAsync();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
