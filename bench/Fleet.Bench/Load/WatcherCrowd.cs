using System.Net;

namespace Fleet.Bench.Load;

/// <summary>Many watches of one cluster's ConfigMaps, each over a connection of its own; counts the events that arrive.</summary>
internal sealed class WatcherCrowd : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly List<ApiConnection> _connections = [];
    private readonly List<Task> _readers = [];
    private long _lines;
    private long _wanted = long.MaxValue;
    private TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public long Events => Interlocked.Read(ref _lines);

    public static async Task<WatcherCrowd> OpenAsync(ApiEndpoint endpoint, int watchers, CancellationToken cancellationToken)
    {
        var crowd = new WatcherCrowd();
        for (var i = 0; i < watchers; i++)
        {
            var connection = new ApiConnection(endpoint, HttpVersion.Version20);
            crowd._connections.Add(connection);
            crowd._readers.Add(crowd.ReadAsync(await connection.OpenAsync(LoadObjects.WatchConfigMaps(), cancellationToken)));
        }

        return crowd;
    }

    /// <summary>Waits until so many events have arrived at all watchers together.</summary>
    public async Task ReachAsync(long events, TimeSpan limit, CancellationToken cancellationToken)
    {
        _reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Exchange(ref _wanted, events);
        if (Events >= events)
        {
            return;
        }

        try
        {
            await _reached.Task.WaitAsync(limit, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{Events} of {events} watch events had arrived after {limit.TotalSeconds:0} s.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_readers);
        foreach (var connection in _connections)
        {
            connection.Dispose();
        }

        _stop.Dispose();
    }

    private async Task ReadAsync(Stream stream)
    {
        var buffer = new byte[32 * 1024];
        try
        {
            int read;
            while ((read = await stream.ReadAsync(buffer, _stop.Token)) > 0)
            {
                // One event is one line.
                var lines = buffer.AsSpan(0, read).Count((byte)'\n');
                if (Interlocked.Add(ref _lines, lines) >= Interlocked.Read(ref _wanted))
                {
                    _reached.TrySetResult();
                }
            }
        }
        catch (Exception e) when (_stop.IsCancellationRequested && e is OperationCanceledException or IOException or HttpRequestException)
        {
            // Asked to end.
        }
        finally
        {
            await stream.DisposeAsync();
        }
    }
}
