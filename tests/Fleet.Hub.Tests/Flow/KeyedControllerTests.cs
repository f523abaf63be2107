using System.Collections.Concurrent;
using Fleet.Hub.Sessions;
using Fleet.Hub.Work;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fleet.Hub.Tests.Flow;

/// <summary>The keyed loop: no change lost, one run of a key at a time, one that hangs holds no other up.</summary>
public class KeyedControllerTests
{
    private static Task RaiseAsync(FlowHub hub, string key) =>
        hub.Database.WriteAsync((tx, cancel) => hub.Stores.Work.RaiseAsync(tx, "test", key, hub.Database.Clock.GetUtcNow(), cancel), default);

    [Fact]
    public async Task Change_DuringARun_IsRunAgain()
    {
        await using var hub = await FlowHub.StartAsync();
        var started = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        var runs = 0;
        await using var loop = new Loop(hub, async (_, cancel) =>
        {
            if (Interlocked.Increment(ref runs) == 1)
            {
                started.SetResult();
                await go.Task.WaitAsync(cancel);
            }
        });
        await RaiseAsync(hub, "a");
        await started.Task.WaitAsync(TimeSpan.FromSeconds(20));
        await RaiseAsync(hub, "a");
        go.SetResult();
        await FlowHub.EventuallyAsync(() => Task.FromResult(Volatile.Read(ref runs)), count => count >= 2, "the second run");
    }

    [Fact]
    public async Task KeyThatHangs_HoldsNoOtherUp()
    {
        await using var hub = await FlowHub.StartAsync();
        var done = new ConcurrentQueue<string>();
        await using var loop = new Loop(hub, async (key, cancel) =>
        {
            if (key == "hangs")
            {
                await Task.Delay(Timeout.Infinite, cancel);
            }

            done.Enqueue(key);
        });
        await RaiseAsync(hub, "hangs");
        for (var n = 0; n < 20; n++)
        {
            await RaiseAsync(hub, $"{n}");
        }

        await FlowHub.EventuallyAsync(() => Task.FromResult(done.Count), count => count == 20, "the others");
    }

    [Fact]
    public async Task Failure_IsTriedAgainAndCostsOthersNothing()
    {
        await using var hub = await FlowHub.StartAsync();
        var done = new ConcurrentQueue<string>();
        var failures = 0;
        await using var loop = new Loop(hub, (key, _) =>
        {
            if (key == "bad" && Interlocked.Increment(ref failures) == 1)
            {
                throw new IOException("broken");
            }

            done.Enqueue(key);
            return Task.CompletedTask;
        });
        await RaiseAsync(hub, "bad");
        await RaiseAsync(hub, "good");
        await FlowHub.EventuallyAsync(() => Task.FromResult(done.ToArray()), keys => keys.Contains("good") && keys.Contains("bad"), "both");
    }

    private sealed class Loop : KeyedController, IAsyncDisposable
    {
        private readonly Func<string, CancellationToken, Task> _run;

        public Loop(FlowHub hub, Func<string, CancellationToken, Task> run)
            : base("test", hub.Database, hub.Stores.Work, new NodeIdentity("test", "1"), TimeProvider.System, NullLogger.Instance)
        {
            _run = run;
            ((IHostedService)this).StartAsync(default).GetAwaiter().GetResult();
        }

        protected override async Task<TimeSpan?> RunAsync(string key, CancellationToken cancellationToken)
        {
            await _run(key, cancellationToken);
            return null;
        }

        public async ValueTask DisposeAsync()
        {
            await StopAsync(default);
            Dispose();
        }
    }
}
