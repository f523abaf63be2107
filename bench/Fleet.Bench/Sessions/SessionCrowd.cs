using Fleet.Bench.Rig;

namespace Fleet.Bench.Sessions;

/// <summary>A growing number of light sessions with one hub.</summary>
internal sealed class SessionCrowd(HubOperator hub) : IAsyncDisposable
{
    // As many as one token may enroll at once (docs/protocol: tight by token, generous by address).
    private const int PerToken = 25;
    private const int AtOnce = 16;
    private readonly List<LightSession> _sessions = [];

    /// <summary>Sessions that ended although nobody asked them to.</summary>
    public int Lost => _sessions.Count(s => s.HasEnded);

    /// <summary>Enrolls and connects until so many sessions stand.</summary>
    public async Task GrowAsync(int count, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        both.CancelAfter(limit);
        while (_sessions.Count < count)
        {
            var batch = Math.Min(PerToken, count - _sessions.Count);
            var from = _sessions.Count;
            var (token, _) = await hub.TokenAsync($"crowd-{from}", batch, both.Token);
            var made = new LightSession[batch];
            await Parallel.ForAsync(0, batch, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = both.Token }, async (i, stop) =>
                made[i] = await LightSession.OpenAsync(hub, $"light-{from + i:0000}", token, stop));
            _sessions.AddRange(made);
        }
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_sessions.Select(s => s.DisposeAsync().AsTask()));
}
