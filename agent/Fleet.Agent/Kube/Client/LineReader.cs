using System.Buffers;

namespace Fleet.Agent.Kube.Client;

/// <summary>What a <see cref="LineReader"/> found.</summary>
internal enum LineResult
{
    Line,
    TooLong,
    End,
}

/// <summary>Lines of a stream as UTF-8 bytes, each of bounded length; an idle reader holds a few KiB, whatever passed through it before.</summary>
internal sealed class LineReader(Stream stream, int maxLine) : IDisposable
{
    private const int Small = 8 << 10;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(Small);
    private int _start;   // of what has not been handed out
    private int _scanned; // up to here there is no line end
    private int _end;
    private int _lineStart;
    private int _lineLength;

    /// <summary>The line, without its end; valid until the next read.</summary>
    public ReadOnlySpan<byte> Current => _buffer.AsSpan(_lineStart, _lineLength);

    public async ValueTask<LineResult> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var found = _buffer.AsSpan(_scanned, _end - _scanned).IndexOf((byte)'\n');
            if (found >= 0)
            {
                var end = _scanned + found;
                (_lineStart, _lineLength) = (_start, end - _start);
                _start = _scanned = end + 1;
                if (_lineLength > maxLine) return LineResult.TooLong;
                if (_lineLength > 0) return LineResult.Line;
                continue;
            }
            _scanned = _end;
            if (_end - _start > maxLine) return LineResult.TooLong;
            MakeRoom();
            var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            if (read == 0) return Last();
            _end += read;
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private LineResult Last()
    {
        (_lineStart, _lineLength) = (_start, _end - _start);
        _start = _scanned = _end;
        return _lineLength > 0 ? LineResult.Line : LineResult.End;
    }

    private void MakeRoom()
    {
        var kept = _end - _start;
        if (kept == 0 && _buffer.Length > Small * 8)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = ArrayPool<byte>.Shared.Rent(Small);
        }
        else if (kept * 2 > _buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
            _buffer.AsSpan(_start, kept).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
        else if (_start > 0)
        {
            _buffer.AsSpan(_start, kept).CopyTo(_buffer);
        }
        (_start, _scanned, _end) = (0, kept, kept);
    }
}
