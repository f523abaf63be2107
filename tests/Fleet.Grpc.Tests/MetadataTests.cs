using Grpc.Core;
using Grpc.Tests.Support;

namespace Grpc.Tests;

public class MetadataTests
{
    [Fact]
    public async Task Request_TextBinaryAndRepeatedKeys_ReachTheHandler()
    {
        Metadata? seen = null;
        await using var server = await EchoServer.StartAsync(new EchoScript
        {
            Unary = (request, context) =>
            {
                seen = context.RequestHeaders;
                return Task.FromResult(EchoScript.Answer(request));
            },
        });
        byte[] bytes = [0, 255, 10, 13, 44];
        var headers = new Metadata { { "X-Text", "one" }, { "x-text", "two" }, { "x-raw-bin", bytes }, { "x-raw-bin", [7] } };

        await server.Client().UnaryAsync(new EchoRequest(), headers).Soon();

        // HttpClient joins the values of a repeated key, which the specification allows.
        Assert.Equal("one,two", string.Join(',', seen!.GetAll("x-text").Select(e => e.Value)).Replace(" ", "", StringComparison.Ordinal));
        Assert.Equal([bytes, [7]], seen.GetAll("x-raw-bin").Select(e => e.ValueBytes));
        Assert.DoesNotContain(seen, e => e.Key is "te" or "content-type" || e.Key.StartsWith("grpc-", StringComparison.Ordinal) || e.Key.StartsWith(':'));
    }

    [Fact]
    public async Task Response_HeadersAndTrailers_ReachTheClient()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript
        {
            Unary = async (request, context) =>
            {
                await context.WriteResponseHeadersAsync([new("x-head", "h"), new("x-head-bin", [1, 2])]);
                context.ResponseTrailers.Add("x-trail", "t");
                context.ResponseTrailers.Add("x-trail-bin", [3, 4]);
                return EchoScript.Answer(request);
            },
        });
        using var call = server.Client().UnaryAsync(new EchoRequest());

        var headers = await call.ResponseHeadersAsync.Soon();
        await call.Soon();

        Assert.Equal("h", headers.GetValue("x-head"));
        Assert.Equal([1, 2], headers.GetValueBytes("x-head-bin"));
        Assert.Equal("t", call.GetTrailers().GetValue("x-trail"));
        Assert.Equal([3, 4], call.GetTrailers().GetValueBytes("x-trail-bin"));
        Assert.Null(call.GetTrailers().Get("grpc-status"));
    }

    [Fact]
    public async Task Response_HeadersOfAStream_ArriveBeforeTheFirstMessage()
    {
        var release = new TaskCompletionSource();
        await using var server = await EchoServer.StartAsync(new EchoScript
        {
            Both = async (_, _, context) =>
            {
                await context.WriteResponseHeadersAsync([new("x-early", "yes")]);
                await release.Task;
            },
        });
        using var call = server.Client().Both();

        Assert.Equal("yes", (await call.ResponseHeadersAsync.Soon()).GetValue("x-early"));
        release.SetResult();
        Assert.False(await call.ResponseStream.MoveNext().Soon());
    }

    [Fact]
    public async Task Error_BeforeAnyMessage_IsTrailersOnlyAndCarriesTrailers()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript
        {
            Unary = (_, _) => throw new RpcException(new Status(StatusCode.NotFound, "no"), [new("x-why", "because")]),
        });

        var failure = await Patience.FailsAsync(StatusCode.NotFound, () => server.Client().UnaryAsync(new EchoRequest()).ResponseAsync);
        var (status, _, body) = await RawPeer.SendAsync(RawPeer.Request(server.Address, "Unary", new ByteArrayContent(RawPeer.Frame(new EchoRequest()))));

        Assert.Equal("because", failure.Trailers.GetValue("x-why"));
        Assert.Equal("5", status);
        Assert.Empty(body);
    }

    [Fact]
    public async Task Error_AfterMessages_IsInTrailers()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript
        {
            Down = async (request, responses, context) =>
            {
                await responses.WriteAsync(EchoScript.Answer(request));
                throw new RpcException(new Status(StatusCode.Aborted, "halfway"), [new("x-why", "because")]);
            },
        });
        using var call = server.Client().Down(new EchoRequest { Text = "1" });

        Assert.True(await call.ResponseStream.MoveNext().Soon());
        var failure = await Patience.FailsAsync(StatusCode.Aborted, () => call.ResponseStream.MoveNext());

        Assert.Equal("halfway", failure.Status.Detail);
        Assert.Equal("because", failure.Trailers.GetValue("x-why"));
        Assert.Equal(failure.Status, call.GetStatus());
    }

    [Fact]
    public async Task Request_ValueThatHeadersCannotCarry_FailsWithItsKey()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript());
        var failure = await Patience.FailsAsync(StatusCode.Internal, () => server.Client().UnaryAsync(new EchoRequest(), [new("x-text", "line\nbreak")]).ResponseAsync);
        Assert.Contains("x-text", failure.Status.Detail);
    }

    [Fact]
    public async Task Trailers_ValueThatHeadersCannotCarry_GiveInternalInsteadOfNoStatus()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript
        {
            Unary = (request, context) =>
            {
                context.ResponseTrailers.Add("x-text", "ü");
                return Task.FromResult(EchoScript.Answer(request));
            },
        });
        await Patience.FailsAsync(StatusCode.Internal, () => server.Client().UnaryAsync(new EchoRequest()).ResponseAsync);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ü")]
    [InlineData("a b")]
    [InlineData("a:b")]
    public void Entry_BadKey_IsRefused(string key) => Assert.Throws<ArgumentException>(() => new Metadata.Entry(key, "v"));

    [Fact]
    public void Entry_BinarySuffix_DecidesTheKindOfValue()
    {
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("x-bin", "text"));
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("x", [1]));
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add("a", "b"));
    }
}
