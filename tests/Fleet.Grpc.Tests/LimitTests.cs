using System.IO.Compression;
using Fleet.Testing.Seeds;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Tests.Support;

namespace Grpc.Tests;

public class LimitTests
{
    private const int MiB = 1024 * 1024;

    [Fact]
    public async Task FourMebibyteMessage_DefaultLimits_PassesBothWays()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript());
        // The limit counts the whole message: tag and length of the field too.
        var request = new EchoRequest { Payload = Noise((4 * MiB) - 5) };
        Assert.Equal(4 * MiB, request.CalculateSize());

        Assert.Equal(request.Payload, (await server.Client().UnaryAsync(request).Soon()).Payload);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Request_OverTheServersLimit_IsResourceExhausted(bool gzip)
    {
        await using var server = await EchoServer.StartAsync(new EchoScript(), options => options.MaxReceiveMessageSize = 1000);
        var failure = await Patience.FailsAsync(StatusCode.ResourceExhausted, () =>
            server.Client().UnaryAsync(new EchoRequest { Payload = Zeros(1001) }, Gzip(gzip)).ResponseAsync);
        Assert.Contains("1000", failure.Status.Detail);
        await server.Client().UnaryAsync(new EchoRequest { Payload = Zeros(990) }, Gzip(gzip)).Soon();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Response_OverTheClientsLimit_IsResourceExhausted(bool gzip)
    {
        await using var server = await EchoServer.StartAsync(new EchoScript(), options => options.ResponseCompressionAlgorithm = gzip ? "gzip" : null);
        var client = server.Client(options => options.MaxReceiveMessageSize = 1000);

        await Patience.FailsAsync(StatusCode.ResourceExhausted, () => client.UnaryAsync(new EchoRequest { Payload = Zeros(1001) }).ResponseAsync);
        await client.UnaryAsync(new EchoRequest { Payload = Zeros(990) }).Soon();
    }

    [Fact]
    public async Task GzipBomb_SmallOnTheWire_CostsNoMoreThanTheLimit()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript());
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var bomb = new EchoRequest { Payload = Zeros(256 * MiB) };
        var client = server.Client();
        using var call = client.UnaryAsync(bomb, Gzip(true));
        var made = GC.GetTotalAllocatedBytes(precise: true) - before;

        await Patience.FailsAsync(StatusCode.ResourceExhausted, () => call.ResponseAsync);

        var received = GC.GetTotalAllocatedBytes(precise: true) - before - made;
        Assert.True(received < 64 * MiB, $"receiving allocated {received / MiB} MiB");
    }

    [Theory]
    [InlineData(CompressionLevel.Fastest)]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.SmallestSize)]
    public async Task IncompressibleGzipMessage_AtTheLimit_PassesThoughItIsLongerOnTheWire(CompressionLevel level)
    {
        await using var server = await EchoServer.StartAsync(new EchoScript(), options => options.MaxReceiveMessageSize = MiB);
        var message = new EchoRequest { Payload = Noise(MiB - 4) };
        Assert.Equal(MiB, message.CalculateSize());
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, level))
        {
            message.WriteTo(gzip);
        }

        Assert.True(packed.ToArray().Length > MiB);
        var request = RawPeer.Request(server.Address, "Unary", new ByteArrayContent(RawPeer.Frame(packed.ToArray(), flag: 1)));
        request.Headers.Add("grpc-encoding", "gzip");

        Assert.Equal("0", (await RawPeer.SendAsync(request)).Status);
        await server.Client().UnaryAsync(message, Gzip(true)).Soon();
    }

    [Fact]
    public async Task Sending_OverTheClientsOwnLimit_FailsThatWriteAndLeavesTheStreamAlive()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript());
        using var call = server.Client(options => options.MaxSendMessageSize = 100).Both();

        await Patience.FailsAsync(StatusCode.ResourceExhausted, () => call.RequestStream.WriteAsync(new EchoRequest { Payload = Zeros(101) }));
        await call.RequestStream.WriteAsync(new EchoRequest { Text = "small" }).Soon();

        Assert.True(await call.ResponseStream.MoveNext().Soon());
        Assert.Equal("small", call.ResponseStream.Current.Text);
        await Patience.FailsAsync(StatusCode.ResourceExhausted, () =>
            server.Client(options => options.MaxSendMessageSize = 100).UnaryAsync(new EchoRequest { Payload = Zeros(101) }).ResponseAsync);
    }

    [Fact]
    public async Task Sending_OverTheServersOwnLimit_IsResourceExhausted()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript(), options => options.MaxSendMessageSize = 100);
        await Patience.FailsAsync(StatusCode.ResourceExhausted, () => server.Client().UnaryAsync(new EchoRequest { Payload = Zeros(101) }).ResponseAsync);
    }

    [Fact]
    public async Task Stream_FortyMegabytesOfRequests_IsNotEndedByKestrelsBodyLimit()
    {
        const int Chunk = MiB;
        const int Count = 40;
        await using var server = await EchoServer.StartAsync(new EchoScript
        {
            Up = async (requests, _) =>
            {
                long sum = 0;
                await foreach (var request in requests.ReadAllAsync())
                {
                    sum += request.Payload.Length;
                }

                return new EchoResponse { Text = $"{sum}" };
            },
        });
        using var call = server.Client().Up();
        var message = new EchoRequest { Payload = Zeros(Chunk) };
        for (var i = 0; i < Count; i++)
        {
            await call.RequestStream.WriteAsync(message).Soon();
        }

        await call.RequestStream.CompleteAsync();
        Assert.Equal($"{Chunk * Count}", (await call.ResponseAsync.Soon()).Text);
    }

    private static Metadata Gzip(bool on) => on ? new Metadata { { "grpc-internal-encoding-request", "gzip" } } : [];

    private static ByteString Zeros(int size) => ByteString.CopyFrom(new byte[size]);

    private static ByteString Noise(int size)
    {
        var bytes = new byte[size];
        TestSeed.For(nameof(Noise)).Random().NextBytes(bytes);
        return ByteString.CopyFrom(bytes);
    }
}
