using Fleet.Testing.Time;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Tests.Support;

namespace Grpc.Tests;

public class FlowControlTests
{
    private const int Chunk = 64 * 1024;

    [Fact]
    public async Task Server_ClientThatNeverReads_WritesStallWithinABoundAndCancellationFreesThem()
    {
        var written = 0L;
        var ended = new TaskCompletionSource<Exception?>();
        await using var server = await EchoServer.StartAsync(new EchoScript
        {
            Down = async (_, responses, _) =>
            {
                var message = new EchoResponse { Payload = ByteString.CopyFrom(new byte[Chunk]) };
                ended.SetResult(await Record.ExceptionAsync(async () =>
                {
                    while (true)
                    {
                        await responses.WriteAsync(message);
                        Interlocked.Add(ref written, Chunk);
                    }
                }));
            },
        });
        using var call = server.Client().Down(new EchoRequest());
        await call.ResponseHeadersAsync.Soon();

        var stalledAt = await SettleAsync(() => Interlocked.Read(ref written));
        // HttpClient's window may grow to 16 MiB; nothing beyond windows and one pipe may pile up.
        Assert.InRange(stalledAt, 1, 24 * 1024 * 1024);

        call.Dispose();
        Assert.IsType<OperationCanceledException>(await ended.Task.Soon(), exactMatch: false);
    }

    [Fact]
    public async Task Client_ServerThatNeverReads_WritesStallWithinABoundAndCancellationFreesThem()
    {
        var release = new TaskCompletionSource();
        await using var server = await EchoServer.StartAsync(new EchoScript
        {
            Both = async (_, _, context) =>
            {
                using var registration = context.CancellationToken.Register(release.SetResult);
                await release.Task;
            },
        });
        using var call = server.Client().Both();
        var written = 0L;
        var message = new EchoRequest { Payload = ByteString.CopyFrom(new byte[Chunk]) };
        var ended = Record.ExceptionAsync(async () =>
        {
            while (true)
            {
                await call.RequestStream.WriteAsync(message);
                Interlocked.Add(ref written, Chunk);
            }
        });

        var stalledAt = await SettleAsync(() => Interlocked.Read(ref written));
        // Kestrel's windows: 768 KiB a stream, 1 MiB a connection.
        Assert.InRange(stalledAt, 1, 4 * 1024 * 1024);

        call.Dispose();
        Assert.Equal(StatusCode.Cancelled, Assert.IsType<RpcException>(await ended.Soon()).StatusCode);
        await release.Task.Soon();
    }

    [Fact]
    public async Task Server_DeadlineWhileAWriteIsStalled_FreesTheHandlerAndResetsTheStream()
    {
        var time = new ManualTime();
        var written = 0L;
        var ended = new TaskCompletionSource<Exception?>();
        await using var server = await EchoServer.StartAsync(
            new EchoScript
            {
                Down = async (_, responses, _) =>
                {
                    var message = new EchoResponse { Payload = ByteString.CopyFrom(new byte[Chunk]) };
                    ended.SetResult(await Record.ExceptionAsync(async () =>
                    {
                        while (true)
                        {
                            await responses.WriteAsync(message);
                            Interlocked.Add(ref written, Chunk);
                        }
                    }));
                },
            },
            time: time);
        using var call = server.Client().Down(new EchoRequest(), deadline: DateTime.UtcNow.AddHours(1));
        await call.ResponseHeadersAsync.Soon();
        await SettleAsync(() => Interlocked.Read(ref written));

        time.Advance(TimeSpan.FromHours(2));

        Assert.IsType<OperationCanceledException>(await ended.Task.Soon(), exactMatch: false);
        await Patience.FailsAsync(StatusCode.Cancelled, async () =>
        {
            while (await call.ResponseStream.MoveNext())
            {
            }
        });
    }

    [Fact]
    public async Task Writes_TwoAtOnce_TheSecondIsRefusedOnBothSides()
    {
        var refused = new TaskCompletionSource<Exception?>();
        await using var server = await EchoServer.StartAsync(new EchoScript
        {
            Both = async (requests, responses, context) =>
            {
                var big = new EchoResponse { Payload = ByteString.CopyFrom(new byte[3 * 1024 * 1024]) };
                Task first = Task.CompletedTask;
                while (first.IsCompletedSuccessfully)
                {
                    first = responses.WriteAsync(big);
                }

                refused.SetResult(await Record.ExceptionAsync(() => responses.WriteAsync(big)));
                await Record.ExceptionAsync(() => first);
            },
        });
        using var call = server.Client().Both();
        var message = new EchoRequest { Payload = ByteString.CopyFrom(new byte[3 * 1024 * 1024]) };
        var first = call.RequestStream.WriteAsync(message);

        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.WriteAsync(message));
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.RequestStream.CompleteAsync());
        Assert.IsType<InvalidOperationException>(await refused.Task.Soon());
        call.Dispose();
        await Patience.FailsAsync(StatusCode.Cancelled, () => first);
    }

    [Fact]
    public async Task MessagesWrittenWithBufferHint_ArriveOnceTheStreamIsFlushed()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript
        {
            Down = async (_, responses, _) =>
            {
                responses.WriteOptions = new WriteOptions(WriteFlags.BufferHint);
                for (var i = 0; i < 10; i++)
                {
                    await responses.WriteAsync(new EchoResponse { Text = $"{i}" });
                }
            },
        });
        using var call = server.Client().Down(new EchoRequest());
        Assert.Equal(10, (await call.ResponseStream.ReadAllAsync().ToListAsync().AsTask().Soon()).Count);
    }

    /// <summary>Waits until a number that grew has not grown for half a second.</summary>
    private static async Task<long> SettleAsync(Func<long> read)
    {
        await Patience.Until(() => read() > 0, "the first write");
        var last = read();
        var since = Environment.TickCount64;
        await Patience.Until(
            () =>
            {
                if (read() is var now && now != last)
                {
                    (last, since) = (now, Environment.TickCount64);
                }

                return Environment.TickCount64 - since > 500;
            },
            "the writes to stall");
        return last;
    }
}
