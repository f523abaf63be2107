using Microsoft.AspNetCore.Http.Features;

namespace Fleet.KubeSim.Faults;

/// <summary>A response body that breaks off after some bytes, or trickles.</summary>
internal sealed class FaultyBody(HttpContext http, FaultRule rule, TimeProvider time, long allowed) : Stream
{
    private const int Trickle = 16;
    private readonly Stream _inner = http.Features.GetRequiredFeature<IHttpResponseBodyFeature>().Stream;
    private long _left = allowed;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (rule.Action == FaultAction.SlowBody)
        {
            for (var at = 0; at < buffer.Length; at += Trickle)
            {
                await _inner.WriteAsync(buffer.Slice(at, Math.Min(Trickle, buffer.Length - at)), cancellationToken);
                await _inner.FlushAsync(cancellationToken);
                await Task.Delay(rule.Delay, time, cancellationToken);
            }

            return;
        }

        var passed = (int)Math.Min(_left, Math.Max(buffer.Length - 1, 0));
        if (passed > 0)
        {
            await _inner.WriteAsync(buffer[..passed], cancellationToken);
            await _inner.FlushAsync(cancellationToken);
            _left -= passed;
        }

        http.Abort();
        throw new OperationCanceledException("The fault rule broke the connection.");
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => _inner.FlushAsync(cancellationToken);

    public override void Flush() => throw new NotSupportedException("Kestrel writes asynchronously.");

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Kestrel writes asynchronously.");
}
