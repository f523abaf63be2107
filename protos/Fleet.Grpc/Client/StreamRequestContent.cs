using System.Net;
using System.Runtime.CompilerServices;

namespace Grpc.Net.Client;

/// <summary>
/// A request body that stays open while the caller writes. What was written is kept until the server answers, so that a
/// stream that the server certainly did not look at goes out once more, whole and in order, without the caller's doing.
/// </summary>
internal sealed class StreamRequestContent(CancellationToken callEnded) : GrpcRequestContent
{
    /// <summary>The limit of stock clients (per_rpc_buffer_limit): who wrote more cannot be repeated.</summary>
    internal const int MostKept = 256 * 1024;

    private readonly Attempts _attempts = new();
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // False: there will be no second try. True: it is under way, and has what was written before.
    private readonly TaskCompletionSource<bool> _repeated = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly object _gate = new();
    private TaskCompletionSource<Stream> _stream = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Queue<byte[]>? _kept = new();
    private int _keptBytes;
    private volatile bool _answered;

    /// <summary>Sends one frame, by this try or by its repetition.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    internal async ValueTask WriteAsync(ReadOnlyMemory<byte> frame, bool flush)
    {
        var (stream, kept) = Keep(frame);
        try
        {
            var target = await stream.WaitAsync(callEnded).ConfigureAwait(false);
            await target.WriteAsync(frame, callEnded).ConfigureAwait(false);
            if (flush)
            {
                await target.FlushAsync(callEnded).ConfigureAwait(false);
            }
        }
        catch (Exception) when (kept && !callEnded.IsCancellationRequested)
        {
            if (!await _repeated.Task.WaitAsync(callEnded).ConfigureAwait(false))
            {
                throw;
            }
        }
    }

    /// <summary>Ends the body, which half-closes the HTTP/2 stream.</summary>
    internal void End() => _end.TrySetResult();

    /// <summary>Breaks the body off: the call is over, and the server must not take this for a half-close.</summary>
    internal void Abandon()
    {
        _end.TrySetCanceled();
        Answered();
    }

    /// <summary>The server has begun to answer: there is no second try any more.</summary>
    internal void Answered()
    {
        _answered = true;
        Forget();
    }

    private void Forget()
    {
        lock (_gate)
        {
            _kept = null;
        }

        _repeated.TrySetResult(false);
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var attempt = _attempts.Begin();
        try
        {
            if (attempt == 1)
            {
                // The headers would else wait for the first message.
                await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
                _stream.TrySetResult(stream);
            }
            else
            {
                await RepeatAsync(stream, cancellationToken).ConfigureAwait(false);
            }

            await _end.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (MayBeRepeated)
        {
            // The server reset the stream. Only a write learns whether the handler may repeat the request; it sends nothing any more.
            await stream.WriteAsync(new byte[1], CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    private bool MayBeRepeated => !_answered && !callEnded.IsCancellationRequested;

    private (Task<Stream> Stream, bool Kept) Keep(ReadOnlyMemory<byte> frame)
    {
        var over = false;
        try
        {
            lock (_gate)
            {
                if (_kept is null)
                {
                    return (_stream.Task, false);
                }

                over = (_keptBytes += frame.Length) > MostKept;
                if (!over)
                {
                    _kept.Enqueue(frame.ToArray());
                }

                return (_stream.Task, !over);
            }
        }
        finally
        {
            if (over)
            {
                Forget();
            }
        }
    }

    private async Task RepeatAsync(Stream stream, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            // Writers may still wait for the first try's stream.
            _stream.TrySetException(new IOException("The first try was refused."));
            _ = _stream.Task.Exception;
        }

        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        while (Next(stream) is { } frame)
        {
            await stream.WriteAsync(frame, cancellationToken).ConfigureAwait(false);
        }

        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        _repeated.TrySetResult(true);
    }

    // Null when all is repeated; from then on, in the same lock, writers get the new stream.
    private byte[]? Next(Stream stream)
    {
        lock (_gate)
        {
            if (_kept is null)
            {
                throw new IOException("The server refused the stream without looking at it, but more was written to it than is kept for a second try.");
            }

            if (_kept.TryDequeue(out var frame))
            {
                return frame;
            }

            _kept = null;
            _stream = new TaskCompletionSource<Stream>(TaskCreationOptions.RunContinuationsAsynchronously);
            _stream.SetResult(stream);
            return null;
        }
    }
}
