using System.Buffers;

namespace Grpc.Wire;

/// <summary>A growing buffer from the shared pool, given back by <see cref="Release"/>; or, not pooled, one as large as was asked for.</summary>
internal sealed class PooledBuffer(bool pooled = true) : IBufferWriter<byte>
{
    private byte[] _array = [];

    internal int Length { get; private set; }

    internal ReadOnlyMemory<byte> WrittenMemory => _array.AsMemory(0, Length);

    internal Span<byte> WrittenSpan => _array.AsSpan(0, Length);

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _array.Length - Length);
        Length += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _array.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _array.AsSpan(Length);
    }

    internal void Reserve(int more)
    {
        if (_array.Length - Length >= more)
        {
            return;
        }

        var doubled = (int)Math.Min(Array.MaxLength, 2L * _array.Length);
        var larger = pooled
            ? ArrayPool<byte>.Shared.Rent(Math.Max(checked(Length + more), Math.Max(256, doubled)))
            : GC.AllocateUninitializedArray<byte>(Math.Max(checked(Length + more), doubled));
        _array.AsSpan(0, Length).CopyTo(larger);
        var old = _array;
        _array = larger;
        Return(old);
    }

    internal void Release()
    {
        var old = _array;
        Drop();
        Return(old);
    }

    /// <summary>Leaves the array to the collector: for the case that a failed write may still be reading it.</summary>
    internal void Drop()
    {
        _array = [];
        Length = 0;
    }

    private void Return(byte[] array)
    {
        if (pooled && array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }
}
