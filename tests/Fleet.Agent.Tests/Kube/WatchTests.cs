using System.Text;
using Fleet.Agent.Kube;
using Fleet.Agent.Kube.Client;
using Fleet.Testing.Seeds;
using Xunit.Abstractions;

namespace Fleet.Agent.Tests.Kube;

public sealed class WatchTests(ITestOutputHelper output)
{
    private static readonly KubeResource ConfigMaps = KubeClientTests.ConfigMaps;

    private static string Event(string type, string name, string rv) =>
        $$$"""{"type":"{{{type}}}","object":{"metadata":{"name":"{{{name}}}","resourceVersion":"{{{rv}}}"} } }""" + "\n";

    private static async Task<List<WatchEvent>> AllAsync(StubServer server, KubeClientOptions? options = null)
    {
        using var api = KubeClientTests.Client(server, options);
        var events = new List<WatchEvent>();
        await foreach (var e in api.WatchAsync(ConfigMaps, new() { Namespace = "ns", LabelSelector = "a=b" }, "5", default)) events.Add(e);
        return events;
    }

    private static StubServer Streaming(params string[] parts) => new(async (_, s, ct) =>
    {
        await StubServer.StartStreamAsync(s, ct);
        foreach (var part in parts)
        {
            await s.WriteAsync(Encoding.UTF8.GetBytes(part), ct);
            await s.FlushAsync(ct);
        }
    });

    [Fact]
    public async Task Events_AllTypes_ComeInOrderUntilTheServerCloses()
    {
        var text = Event("ADDED", "a", "6") + Event("MODIFIED", "ä", "7") + "\n" + Event("BOOKMARK", "", "8") + Event("NEW", "x", "9") + Event("DELETED", "a", "10").TrimEnd();
        await using var server = Streaming(text[..30], text[30..95], text[95..]);
        var events = await AllAsync(server);
        Assert.Equal([WatchEventType.Added, WatchEventType.Modified, WatchEventType.Bookmark, WatchEventType.Unknown, WatchEventType.Deleted], events.Select(e => e.Type));
        Assert.Equal(["6", "7", "8", "9", "10"], events.Select(e => e.ResourceVersion));
        Assert.Equal(("ä", "ConfigMap", "v1"), (events[1].Object!.Name, events[1].Object!.Kind, events[1].Object!.ApiVersion));
        var request = Assert.Single(server.Requests);
        Assert.Equal("/api/v1/namespaces/ns/configmaps", request.Path);
        Assert.StartsWith("watch=true&allowWatchBookmarks=true&resourceVersion=5&labelSelector=a=b&timeoutSeconds=", request.Query);
    }

    [Fact]
    public async Task Error410_InTheStream_EndsItAsExpired()
    {
        await using var server = Streaming(Event("ADDED", "a", "6"), """{"type":"ERROR","object":{"kind":"Status","status":"Failure","message":"too old resource version: 1 (5)","reason":"Expired","code":410}}""" + "\n", Event("ADDED", "never", "7"));
        var events = await AllAsync(server);
        Assert.Equal(2, events.Count);
        Assert.True(events[1].Error!.IsExpired);
        Assert.Equal(410, events[1].Error!.HttpStatus);
    }

    [Fact]
    public async Task Open_Refused_IsOneError()
    {
        await using var server = StubServer.Answering(_ => (403, """{"kind":"Status","reason":"Forbidden","message":"no","code":403}"""));
        Assert.Equal(403, Assert.Single(await AllAsync(server)).Error!.HttpStatus);
    }

    [Theory]
    [InlineData("not json\n")]
    [InlineData("[]\n")]
    [InlineData("{\"type\":\"ADDED\"}\n")]
    public async Task Event_Malformed_EndsItAsUnreadable(string line)
    {
        await using var server = Streaming(line, Event("ADDED", "never", "7"));
        Assert.Equal(Core.Errors.KubeFailure.Unreadable, Assert.Single(await AllAsync(server)).Error!.Failure);
    }

    [Fact]
    public async Task Event_TooLong_EndsItWithoutReadingOn()
    {
        await using var server = new StubServer(async (_, s, ct) =>
        {
            await StubServer.StartStreamAsync(s, ct);
            var block = Encoding.UTF8.GetBytes(new string('x', 64 << 10));
            while (true) await s.WriteAsync(block, ct);
        });
        var error = Assert.Single(await AllAsync(server, new() { MaxObjectBytes = 1 << 20 })).Error!;
        Assert.Contains("larger than 1 MiB", error.Message);
    }

    [Fact]
    public async Task Silence_BeyondItsTime_IsADeadConnection()
    {
        await using var server = new StubServer(async (_, s, ct) =>
        {
            await StubServer.StartStreamAsync(s, ct);
            await Task.Delay(Timeout.Infinite, ct);
        });
        var error = Assert.Single(await AllAsync(server, new() { WatchLifetime = TimeSpan.FromMilliseconds(50), WatchGrace = TimeSpan.FromMilliseconds(50) })).Error!;
        Assert.Equal(Core.Errors.KubeFailure.TimedOut, error.Failure);
    }

    [Fact]
    public async Task Cancellation_WhileWaiting_Throws()
    {
        using var stop = new CancellationTokenSource();
        await using var server = new StubServer(async (_, s, ct) =>
        {
            await StubServer.StartStreamAsync(s, ct);
            await s.WriteAsync(Encoding.UTF8.GetBytes(Event("ADDED", "a", "6")), ct);
            await Task.Delay(Timeout.Infinite, ct);
        });
        using var api = KubeClientTests.Client(server);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in api.WatchAsync(ConfigMaps, new(), "5", stop.Token)) await stop.CancelAsync();
        });
    }

    [Fact]
    public async Task Watches_Many_LeaveRoomForCalls()
    {
        var opened = 0;
        var all = new TaskCompletionSource();
        await using var server = new StubServer(async (r, s, ct) =>
        {
            if (!r.Target.Contains("watch=true"))
            {
                await StubServer.ReplyAsync(s, 200, "{}", ct);
                return;
            }
            await StubServer.StartStreamAsync(s, ct);
            if (Interlocked.Increment(ref opened) == 40) all.SetResult();
            await Task.Delay(Timeout.Infinite, ct);
        });
        using var api = KubeClientTests.Client(server);
        using var stop = new CancellationTokenSource();
        var watches = Enumerable.Range(0, 40).Select(async _ =>
        {
            try
            {
                await foreach (var e in api.WatchAsync(ConfigMaps, new(), "5", stop.Token)) Assert.Null(e);
            }
            catch (OperationCanceledException)
            {
                // The end of the test.
            }
        }).ToList();
        await all.Task.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.True((await api.GetAsync(ConfigMaps, "ns", "c", default)).IsOk);
        await stop.CancelAsync();
        await Task.WhenAll(watches);
    }

    [Fact]
    public async Task Lines_AnySplit_AreTheSame()
    {
        var seed = TestSeed.For(output.WriteLine);
        var random = seed.Random();
        for (var round = 0; round < 200; round++)
        {
            var lines = Enumerable.Range(0, random.Next(1, 20)).Select(_ => new string((char)('a' + random.Next(26)), random.Next(0, round % 10 == 0 ? 100_000 : 50))).ToList();
            var stream = new Dribble(Encoding.UTF8.GetBytes(string.Join('\n', lines)), random);
            using var reader = new LineReader(stream, 1 << 20);
            var read = new List<string>();
            while (await reader.ReadAsync(default) == LineResult.Line) read.Add(Encoding.UTF8.GetString(reader.Current));
            Assert.True(lines.Where(l => l.Length > 0).SequenceEqual(read), $"{seed}, round {round}");
        }
    }

    /// <summary>Gives a random piece at each read.</summary>
    private sealed class Dribble(byte[] bytes, Random random) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            new(Read(buffer.Span[..Math.Min(buffer.Length, random.Next(1, 9000))]));
    }
}
