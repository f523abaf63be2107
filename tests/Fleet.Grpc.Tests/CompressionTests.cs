using System.IO.Compression;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Tests.Support;

namespace Grpc.Tests;

public class CompressionTests
{
    [Fact]
    public async Task GzipBothWays_EveryCallKind_Echoes()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript(), options => options.ResponseCompressionAlgorithm = "gzip");
        var client = server.Client();
        var payload = ByteString.CopyFrom(new byte[10_000]);
        var headers = new Metadata { { "grpc-internal-encoding-request", "gzip" } };

        Assert.Equal(payload, (await client.UnaryAsync(new EchoRequest { Payload = payload }, headers).Soon()).Payload);
        using var call = client.Both(headers);
        foreach (var flags in new[] { WriteFlags.None, WriteFlags.NoCompress, WriteFlags.None })
        {
            call.RequestStream.WriteOptions = new WriteOptions(flags);
            await call.RequestStream.WriteAsync(new EchoRequest { Payload = payload }).Soon();
            Assert.True(await call.ResponseStream.MoveNext().Soon());
            Assert.Equal(payload, call.ResponseStream.Current.Payload);
        }
    }

    [Theory]
    [InlineData("gzip", 1)]
    [InlineData("identity", 0)]
    [InlineData(null, 0)]
    public async Task Response_ClientsAcceptEncoding_DecidesCompression(string? accept, byte flag)
    {
        await using var server = await EchoServer.StartAsync(new EchoScript(), options => options.ResponseCompressionAlgorithm = "gzip");
        var request = RawPeer.Request(server.Address, "Unary", new ByteArrayContent(RawPeer.Frame(new EchoRequest { Text = new string('x', 200) })));
        if (accept is not null)
        {
            request.Headers.Add("grpc-accept-encoding", accept);
        }

        var (status, _, body) = await RawPeer.SendAsync(request);

        Assert.Equal("0", status);
        Assert.Equal(flag, body[0]);
    }

    [Fact]
    public async Task Response_HandlerAsksForCompression_InItsHeaders()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript
        {
            Unary = async (request, context) =>
            {
                await context.WriteResponseHeadersAsync([new("grpc-internal-encoding-request", "gzip")]);
                return EchoScript.Answer(request);
            },
        });
        var request = RawPeer.Request(server.Address, "Unary", new ByteArrayContent(RawPeer.Frame(new EchoRequest { Text = new string('x', 200) })));
        request.Headers.Add("grpc-accept-encoding", "deflate, gzip");
        Assert.Equal(1, (await RawPeer.SendAsync(request)).Body[0]);
    }

    [Fact]
    public async Task Request_UnknownCompression_IsUnimplemented()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript());
        var request = RawPeer.Request(server.Address, "Unary", new ByteArrayContent(RawPeer.Frame(new EchoRequest())));
        request.Headers.Add("grpc-encoding", "snappy");
        var (status, message, _) = await RawPeer.SendAsync(request);
        Assert.Equal("12", status);
        Assert.Contains("identity,gzip", message);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("identity")]
    public async Task Request_CompressedFlagWithoutCompression_IsInternal(string? encoding)
    {
        await using var server = await EchoServer.StartAsync(new EchoScript());
        var request = RawPeer.Request(server.Address, "Unary", new ByteArrayContent(RawPeer.Frame(new EchoRequest(), flag: 1)));
        if (encoding is not null)
        {
            request.Headers.Add("grpc-encoding", encoding);
        }

        Assert.Equal("13", (await RawPeer.SendAsync(request)).Status);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Request_BytesThatAreNoGzip_IsInternal(int kind)
    {
        byte[] bytes = kind switch { 0 => [1, 2, 3, 4], 1 => GzipOf(new byte[500])[..20], _ => [.. GzipOf([1, 2, 3]), 9, 9] };
        await using var server = await EchoServer.StartAsync(new EchoScript());
        var request = RawPeer.Request(server.Address, "Unary", new ByteArrayContent(RawPeer.Frame(bytes, flag: 1)));
        request.Headers.Add("grpc-encoding", "gzip");
        Assert.Equal("13", (await RawPeer.SendAsync(request)).Status);
    }

    private static byte[] GzipOf(byte[] bytes)
    {
        var target = new MemoryStream();
        using (var gzip = new GZipStream(target, CompressionMode.Compress))
        {
            gzip.Write(bytes);
        }

        return target.ToArray();
    }
}
