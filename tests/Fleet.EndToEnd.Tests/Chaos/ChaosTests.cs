using System.Collections.Concurrent;
using System.Globalization;
using Fleet.Testing.Seeds;
using Xunit.Abstractions;

namespace Fleet.EndToEnd.Tests.Chaos;

/// <summary>
/// Runs of random orders under random faults, judged by the API servers' logs: what is wanted comes about, what was ordered away
/// goes, and nothing else is ever deleted. Several fleets play side by side, since most of a run is waiting.
/// </summary>
public sealed class ChaosTests(ITestOutputHelper output)
{
    private const int RunsPerWorld = 40;
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(15);

    [Fact]
    [Trait("Category", "Chaos")]
    public Task Runs_WithFaults_ConvergeAndDeleteNothingUnordered() => PlayAsync(TestSeed.For(output.WriteLine), 0, 200, TimeSpan.FromSeconds(150));

    /// <summary>A thousand runs in parts: the test runner takes a test of more than ten minutes for one that hangs.</summary>
    [Theory]
    [Trait("Category", "Chaos")]
    [InlineData(0)]
    [InlineData(250)]
    [InlineData(500)]
    [InlineData(750)]
    public Task ManyRuns_WithFaults_ConvergeAndDeleteNothingUnordered(int from) => PlayAsync(TestSeed.For(output.WriteLine), from, 250, TimeSpan.FromMinutes(5));

    private async Task PlayAsync(TestSeed seed, int from, int runs, TimeSpan within)
    {
        var only = Environment.GetEnvironmentVariable(TestSeed.RunVariable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : (int?)null;
        if (only is { } one && (one < from || one >= from + runs))
        {
            return;
        }

        var queues = Enumerable.Range(only ?? from, only is null ? runs : 1).GroupBy(KindOf).ToDictionary(g => g.Key, g => new ConcurrentQueue<int>(g));
        using var stop = new CancellationTokenSource(within);
        var lanes = queues.SelectMany(q => Enumerable.Repeat(q, q.Key == WorldKind.InProcess ? 4 : 1)).Select(q => Task.Run(() => LaneAsync(q.Key, q.Value, seed, stop))).ToList();
        var played = (await Task.WhenAll(lanes)).Sum();
        output.WriteLine($"{played} of {runs} runs played ({string.Join(", ", queues.Select(q => $"{q.Key}: {q.Value.Count} left"))})");
        Assert.True(played >= (only is null ? runs / 20 : 1), $"only {played} runs in {within}");
    }

    /// <summary>A run's kind is its number's alone, so that one run can be played again by itself.</summary>
    private static WorldKind KindOf(int run) => (run % 20) switch
    {
        3 or 13 => WorldKind.Programs,
        7 => WorldKind.Postgres,
        _ => WorldKind.InProcess,
    };

    private async Task<int> LaneAsync(WorldKind kind, ConcurrentQueue<int> runs, TestSeed seed, CancellationTokenSource stop)
    {
        var played = 0;
        ChaosWorld? world = null;
        try
        {
            while (!stop.IsCancellationRequested && runs.TryDequeue(out var run))
            {
                try
                {
                    world ??= await ChaosWorld.StartAsync(kind);
                    var began = TimeProvider.System.GetTimestamp();
                    var play = new ChaosRun(world, run, seed.Random(run));
                    await play.PlayAsync();
                    var took = TimeProvider.System.GetElapsedTime(began);
                    lock (output)
                    {
                        output.WriteLine($"run {run} {kind} {took.TotalSeconds:0.0} s{(took > Slow ? $":\n{play.Story}" : "")}");
                    }
                }
                catch (Exception e)
                {
                    await stop.CancelAsync();
                    throw new SeededFailureException(string.Create(CultureInfo.InvariantCulture, $"{seed} RUN={run} ({kind})"), e);
                }

                if (++played % RunsPerWorld == 0)
                {
                    await world.DisposeAsync();
                    world = null;
                }
            }

            return played;
        }
        finally
        {
            if (world is not null)
            {
                await world.DisposeAsync();
            }
        }
    }
}
