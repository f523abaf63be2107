using Fleet.Hub.Content;

namespace Fleet.Hub.Tests.Content;

public class SharedResultsTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Get_ManyAskAtOnce_IsComputedOnce()
    {
        var shared = new SharedResults<string, string>(1_000);
        var gate = new TaskCompletionSource();
        var computed = 0;
        var all = Enumerable.Range(0, 50).Select(_ => shared.GetAsync("key", async _ =>
        {
            Interlocked.Increment(ref computed);
            await gate.Task;
            return ("value", 10L);
        }, CancellationToken.None)).ToArray();

        gate.SetResult();
        Assert.All(await Task.WhenAll(all).WaitAsync(Limit), value => Assert.Equal("value", value));
        Assert.Equal("value", await shared.GetAsync("key", _ => throw new InvalidOperationException(), CancellationToken.None));
        Assert.Equal(1, computed);
    }

    [Fact]
    public async Task Get_OneCallerLeaves_TheOthersStillGetIt()
    {
        var shared = new SharedResults<string, string>(1_000);
        var gate = new TaskCompletionSource();
        using var leaves = new CancellationTokenSource();
        async Task<(string, long)> Compute(CancellationToken cancellationToken)
        {
            await gate.Task.WaitAsync(cancellationToken);
            return ("value", 10);
        }

        var leaving = shared.GetAsync("key", Compute, leaves.Token);
        var staying = shared.GetAsync("key", Compute, CancellationToken.None);
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        gate.SetResult();

        Assert.Equal("value", await staying.WaitAsync(Limit));
    }

    [Fact]
    public async Task Get_LastCallerLeaves_TheWorkIsCancelledAndCanBeAskedForAgain()
    {
        var shared = new SharedResults<string, string>(1_000);
        using var leaves = new CancellationTokenSource();
        var cancelled = new TaskCompletionSource();
        var leaving = shared.GetAsync("key", async cancel =>
        {
            cancel.Register(cancelled.SetResult);
            await Task.Delay(Timeout.Infinite, cancel);
            return ("never", 1L);
        }, leaves.Token);
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        await cancelled.Task.WaitAsync(Limit);

        Assert.Equal("again", await shared.GetAsync("key", _ => Task.FromResult(("again", 1L)), CancellationToken.None).WaitAsync(Limit));
    }

    [Fact]
    public async Task Get_Failure_IsNotKept()
    {
        var shared = new SharedResults<string, string>(1_000);
        await Assert.ThrowsAsync<IOException>(() => shared.GetAsync("key", _ => Task.FromException<(string, long)>(new IOException()), CancellationToken.None));
        Assert.Equal("fine", await shared.GetAsync("key", _ => Task.FromResult(("fine", 1L)), CancellationToken.None));
    }

    [Fact]
    public async Task Get_ManyAnswers_StayWithinTheBytes()
    {
        var shared = new SharedResults<int, string>(100);
        for (var key = 0; key < 50; key++)
        {
            await shared.GetAsync(key, _ => Task.FromResult(("v", 30L)), CancellationToken.None);
        }

        await shared.GetAsync(99, _ => Task.FromResult(("huge", 90L)), CancellationToken.None);
        Assert.Equal(90, shared.Bytes);
    }
}
