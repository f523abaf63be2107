using System.Diagnostics;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Fleet.Testing.Network;

/// <summary>One direction of one connection: reads here, waits and spoils as told, writes there.</summary>
internal sealed class Lane(Socket from, Socket to, Direction direction, ProxiedConnection connection)
{
    private const int ChunkSize = 16 * 1024;

    // Bounds what is held while bytes are late: a little more than a window of HTTP/2.
    private readonly Channel<Chunk> _underway = Channel.CreateBounded<Chunk>(64);
    private readonly Lock _gate = new();
    private LaneFaults _faults = LaneFaults.None;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _forwarded;

    public long Forwarded => Volatile.Read(ref _forwarded);

    public void Change(Func<LaneFaults, LaneFaults> change)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            _faults = change(_faults);
            (changed, _changed) = (_changed, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        changed.SetResult();
    }

    /// <summary>Goes on until either side has ended; an orderly end of the sender is passed on.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(ReadAsync(cancellationToken), WriteAsync(cancellationToken));

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await FlowsAsync(cancellationToken);
            var bytes = new byte[ChunkSize];
            var count = await from.ReceiveAsync(bytes, cancellationToken);

            // What came while a stall was being set is held too.
            var faults = await FlowsAsync(cancellationToken);
            if (!faults.Swallows)
            {
                await _underway.Writer.WriteAsync(new(bytes.AsMemory(0, count), Stopwatch.GetTimestamp()), cancellationToken);
            }

            if (count == 0)
            {
                _underway.Writer.TryComplete();
                return;
            }
        }
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        await foreach (var chunk in _underway.Reader.ReadAllAsync(cancellationToken))
        {
            var faults = await FlowsAsync(cancellationToken);
            var late = faults.Delay - Stopwatch.GetElapsedTime(chunk.Read);
            if (late > TimeSpan.Zero)
            {
                await Task.Delay(late, cancellationToken);
            }

            if (chunk.Bytes.IsEmpty)
            {
                to.Shutdown(SocketShutdown.Send);
                return;
            }

            await ForwardAsync(chunk.Bytes, cancellationToken);
        }
    }

    private async Task ForwardAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            var faults = await FlowsAsync(cancellationToken);
            if (faults.Swallows)
            {
                return;
            }

            // A tenth of a second's worth at a time, so that slow is steady.
            var count = faults.BytesPerSecond > 0 ? Math.Min(bytes.Length, Math.Max(1, faults.BytesPerSecond / 10)) : bytes.Length;
            if (faults.CutAfter is { } limit)
            {
                count = (int)Math.Min(count, Math.Max(limit - Forwarded, 0));
            }

            if (count > 0)
            {
                connection.Tap(direction, bytes[..count]);
                await to.SendAsync(bytes[..count], cancellationToken);
                Interlocked.Add(ref _forwarded, count);
                connection.Moved();
            }

            bytes = bytes[count..];
            if (faults.CutAfter is { } reached && Forwarded >= reached)
            {
                connection.Cut(faults.CutKind);
                return;
            }

            if (faults.BytesPerSecond > 0)
            {
                await Task.Delay(TimeSpan.FromSeconds((double)count / faults.BytesPerSecond), cancellationToken);
            }
        }
    }

    /// <summary>Waits while stalled.</summary>
    private async ValueTask<LaneFaults> FlowsAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (!_faults.Stalled)
                {
                    return _faults;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    private readonly record struct Chunk(ReadOnlyMemory<byte> Bytes, long Read);
}
