using Grpc.Core;
using Grpc.Tests.Support;

namespace Grpc.Tests;

public class CallKindTests
{
    [Fact]
    public async Task Unary_Echo_ReturnsMessageAndOk()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript());
        using var call = server.Client().UnaryAsync(new EchoRequest { Text = "hé" });

        Assert.Equal("hé", (await call.Soon()).Text);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
        Assert.Empty(server.Log.Errors);
    }

    [Fact]
    public async Task ServerStreaming_ThreeMessages_ArriveInOrder()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript());
        using var call = server.Client().Down(new EchoRequest { Text = "n", Count = 3 });

        var texts = await call.ResponseStream.ReadAllAsync().Select(r => r.Text).ToListAsync().AsTask().Soon();

        Assert.Equal(["n 0", "n 1", "n 2"], texts);
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    [Fact]
    public async Task ClientStreaming_ThreeMessages_GiveOneResponse()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript());
        using var call = server.Client().Up();
        foreach (var text in new[] { "a", "b", "c" })
        {
            await call.RequestStream.WriteAsync(new EchoRequest { Text = text }).Soon();
        }

        await call.RequestStream.CompleteAsync();

        Assert.Equal("a,b,c", (await call.ResponseAsync.Soon()).Text);
    }

    [Fact]
    public async Task Duplex_PingPong_EachAnsweredBeforeTheNext()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript());
        using var call = server.Client().Both();
        for (var i = 0; i < 100; i++)
        {
            await call.RequestStream.WriteAsync(new EchoRequest { Text = $"{i}" }).Soon();
            Assert.True(await call.ResponseStream.MoveNext().Soon());
            Assert.Equal($"{i}", call.ResponseStream.Current.Text);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext().Soon());
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }
}
