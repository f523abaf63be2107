using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Grpc.Core;

namespace Grpc.Wire;

/// <summary>Cuts a byte stream into messages. Holds at most one message, and only the bytes that have arrived of it.</summary>
internal sealed class MessageReader<T>(PipeReader pipe, Func<DeserializationContext, T> deserializer, int? maxSize, bool gzip)
    where T : class
{
    private readonly ReceivedMessage _received = new();

    /// <summary>Null at the end of the stream; <see cref="RpcException"/> for anything that is no message within the limits.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<T?> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await pipe.ReadAsync(cancellationToken).ConfigureAwait(false);
            var buffer = result.Buffer;
            var consumed = buffer.Start;
            var examined = buffer.End;
            try
            {
                if (TryCut(buffer, out var compressed, out var payload))
                {
                    consumed = examined = payload.End;
                    return compressed ? Unpack(payload) : _received.Deserialize(payload, deserializer);
                }

                if (result.IsCompleted)
                {
                    consumed = examined;
                    return buffer.IsEmpty
                        ? null
                        : throw new RpcException(new Status(StatusCode.Internal, "The stream ended in the middle of a message."));
                }
            }
            finally
            {
                pipe.AdvanceTo(consumed, examined);
            }
        }
    }

    /// <summary>Waits for bytes or the end, and takes none. True at the end.</summary>
    internal async ValueTask<bool> IsAtEndAsync(CancellationToken cancellationToken)
    {
        var result = await pipe.ReadAsync(cancellationToken).ConfigureAwait(false);
        var end = result.IsCompleted && result.Buffer.IsEmpty;
        pipe.AdvanceTo(result.Buffer.Start, result.Buffer.Start);
        return end;
    }

    private bool TryCut(ReadOnlySequence<byte> buffer, out bool compressed, out ReadOnlySequence<byte> payload)
    {
        compressed = false;
        payload = default;
        if (buffer.Length < MessageSize.HeaderLength)
        {
            return false;
        }

        Span<byte> header = stackalloc byte[MessageSize.HeaderLength];
        buffer.Slice(0, MessageSize.HeaderLength).CopyTo(header);
        compressed = header[0] switch
        {
            0 => false,
            1 when gzip => true,
            1 => throw new RpcException(new Status(StatusCode.Internal, "A message is marked as compressed, but grpc-encoding names no compression.")),
            _ => throw new RpcException(new Status(StatusCode.Internal, $"A message has the compressed-flag {header[0]}, which is neither 0 nor 1.")),
        };
        var length = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
        var limit = maxSize ?? int.MaxValue;
        if (length > (compressed ? MessageSize.MaxCompressed(limit) : limit))
        {
            throw MessageSize.TooLargeToReceive(limit);
        }

        if (buffer.Length - MessageSize.HeaderLength < length)
        {
            return false;
        }

        payload = buffer.Slice(MessageSize.HeaderLength, length);
        return true;
    }

    private T Unpack(ReadOnlySequence<byte> payload)
    {
        var unpacked = new PooledBuffer();
        try
        {
            Gzip.Decompress(payload, unpacked, maxSize ?? int.MaxValue);
            return _received.Deserialize(new ReadOnlySequence<byte>(unpacked.WrittenMemory), deserializer);
        }
        finally
        {
            unpacked.Release();
        }
    }
}
