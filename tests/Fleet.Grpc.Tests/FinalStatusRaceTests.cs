using System.Collections.Concurrent;
using Fleet.Testing.Seeds;
using Fleet.Testing.Time;
using Grpc.Core;
using Grpc.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Xunit.Abstractions;

namespace Grpc.Tests;

/// <summary>Deadline, cancel, dispose, completion and reset race; whoever wins, every member of the call tells the same one story.</summary>
public class FinalStatusRaceTests(ITestOutputHelper output)
{
    private const int Runs = 10_000;

    [Fact]
    public async Task FinalStatus_DeadlineCancelAndCompletionRace_IsOneAndTheSameEverywhere()
    {
        var seed = TestSeed.For(output.WriteLine);
        var clientTime = new ManualTime();
        await using var server = await EchoServer.StartAsync(
            new EchoScript { Both = AnswerAsync },
            // Else Kestrel takes so many resets for an attack, and is right.
            kestrel: options => options.Limits.Http2.MaxStreamsPerConnection = 10_000);
        var client = server.Client(options => options.ServiceProvider = new ServiceCollection().AddSingleton<TimeProvider>(clientTime).BuildServiceProvider());
        var results = new ConcurrentDictionary<StatusCode, int>();

        await Parallel.ForEachAsync(
            Enumerable.Range(0, Runs),
            new ParallelOptions { MaxDegreeOfParallelism = 16 },
            async (run, _) =>
            {
                var code = await RunAsync(client, clientTime, seed.Random(run)).WaitAsync(Patience.Limit);
                results.AddOrUpdate(code, 1, (_, count) => count + 1);
            });

        foreach (var (code, count) in results.OrderBy(pair => pair.Key))
        {
            output.WriteLine($"{code}: {count}");
        }

        Assert.Subset(new HashSet<StatusCode> { StatusCode.OK, StatusCode.Cancelled, StatusCode.DeadlineExceeded, StatusCode.Aborted }, results.Keys.ToHashSet());
        Assert.True(results.Count >= 3, "the races were too tame to mean anything");
        Assert.Empty(server.Log.Errors);
        await Patience.Until(() => clientTime.ArmedTimers == 0, "all deadline timers to be gone");
    }

    private static async Task<StatusCode> RunAsync(Echo.EchoClient client, ManualTime time, Random random)
    {
        using var caller = new CancellationTokenSource();
        var deadline = time.GetUtcNow().UtcDateTime.AddSeconds(1 + random.Next(8));
        using var call = client.Both(deadline: deadline, cancellationToken: caller.Token);
        var end = random.Next(6);
        var work = Task.Run(async () =>
        {
            await call.RequestStream.WriteAsync(new EchoRequest { Text = end == 0 ? "abort" : "end", Count = random.Next(4) });
            if (end is 0 or 1)
            {
                await call.RequestStream.CompleteAsync();
            }
        });
        var disturb = Task.Run(() =>
        {
            Thread.SpinWait(random.Next(20_000));
            switch (end)
            {
                case 2:
                    caller.Cancel();
                    break;
                case 3:
                    call.Dispose();
                    break;
                default:
                    time.Advance(TimeSpan.FromSeconds(random.Next(2)));
                    break;
            }
        });

        var read = await OutcomeAsync(async () =>
        {
            while (await call.ResponseStream.MoveNext())
            {
            }
        });
        var again = await OutcomeAsync(() => call.ResponseStream.MoveNext());
        var wrote = await Record.ExceptionAsync(() => work);
        await disturb;
        var late = await Record.ExceptionAsync(() => call.RequestStream.WriteAsync(new EchoRequest()));

        var status = call.GetStatus();
        Assert.Equal(status.StatusCode, read);
        Assert.Equal(status.StatusCode, again);
        Assert.Equal(status, call.GetStatus());
        Assert.True(wrote is null or InvalidOperationException || (wrote is RpcException rpc && rpc.StatusCode == status.StatusCode), $"the write told another story than {status}: {wrote}");
        Assert.Equal(status.StatusCode, late is RpcException lateRpc ? lateRpc.StatusCode : StatusCode.OK);
        Assert.Equal(0, call.GetTrailers().Count(entry => entry.Key == "grpc-status"));
        return status.StatusCode;
    }

    private static async Task<StatusCode> OutcomeAsync(Func<Task> action)
    {
        try
        {
            await action();
            return StatusCode.OK;
        }
        catch (RpcException exception)
        {
            return exception.StatusCode;
        }
    }

    private static async Task AnswerAsync(IAsyncStreamReader<EchoRequest> requests, IServerStreamWriter<EchoResponse> responses, ServerCallContext context)
    {
        if (!await requests.MoveNext())
        {
            return;
        }

        for (var i = 0; i < requests.Current.Count; i++)
        {
            await responses.WriteAsync(new EchoResponse { Text = $"{i}" });
        }

        if (requests.Current.Text == "abort")
        {
            throw new RpcException(new Status(StatusCode.Aborted, "as asked"));
        }
    }
}
