using System.Buffers;
using System.Buffers.Binary;
using Grpc.Core;

namespace Grpc.Wire;

/// <summary>Builds the frame of one outgoing message at a time, header and payload in one piece, without a copy in between.</summary>
internal sealed class MessageFrame(int? maxSize, bool pooled = true) : SerializationContext
{
    private readonly PooledBuffer _buffer = new(pooled);
    private bool _complete;

    /// <summary>The frame, valid until <see cref="Release"/> or <see cref="Drop"/>.</summary>
    internal ReadOnlyMemory<byte> Bytes => _buffer.WrittenMemory;

    public override void SetPayloadLength(int payloadLength)
    {
        CheckSize(payloadLength);
        Begin(payloadLength);
    }

    public override IBufferWriter<byte> GetBufferWriter()
    {
        Begin(0);
        return _buffer;
    }

    public override void Complete(byte[] payload)
    {
        SetPayloadLength(payload.Length);
        _buffer.Write(payload);
        Complete();
    }

    public override void Complete() => _complete = true;

    internal ReadOnlyMemory<byte> Build<T>(T message, Action<T, SerializationContext> serializer, bool gzip)
    {
        try
        {
            Reset();
            Serialize(message, serializer);
            Begin(0);
            CheckSize(_buffer.Length - MessageSize.HeaderLength);
            if (gzip)
            {
                CompressPayload();
            }

            BinaryPrimitives.WriteUInt32BigEndian(_buffer.WrittenSpan[1..], (uint)(_buffer.Length - MessageSize.HeaderLength));
            return Bytes;
        }
        catch
        {
            Release();
            throw;
        }
    }

    internal void Release() => _buffer.Release();

    internal void Drop() => _buffer.Drop();

    private void Serialize<T>(T message, Action<T, SerializationContext> serializer)
    {
        try
        {
            serializer(message, this);
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            throw new RpcException(new Status(StatusCode.Internal, "A message could not be serialized.", exception));
        }

        if (!_complete)
        {
            throw new RpcException(new Status(StatusCode.Internal, "The serializer of a message did not complete it."));
        }
    }

    private void Reset()
    {
        _buffer.Release();
        _complete = false;
    }

    /// <summary>Makes room for all that is known to come, and leaves the header free in front.</summary>
    private void Begin(int payloadLength)
    {
        if (_buffer.Length == 0)
        {
            _buffer.Reserve(MessageSize.HeaderLength + payloadLength);
            _buffer.GetSpan(MessageSize.HeaderLength)[..MessageSize.HeaderLength].Clear();
            _buffer.Advance(MessageSize.HeaderLength);
        }
        else
        {
            _buffer.Reserve(payloadLength);
        }
    }

    private void CompressPayload()
    {
        var packed = new PooledBuffer();
        try
        {
            var payload = _buffer.WrittenSpan[MessageSize.HeaderLength..];
            Gzip.Compress(payload, packed);
            // What does not shrink goes as it is; the flag tells for each message.
            if (packed.Length < payload.Length)
            {
                Reset();
                Begin(packed.Length);
                _buffer.Write(packed.WrittenSpan);
                _buffer.WrittenSpan[0] = 1;
            }
        }
        finally
        {
            packed.Release();
        }
    }

    private void CheckSize(long size)
    {
        if (size > maxSize)
        {
            throw MessageSize.TooLargeToSend(size, maxSize.Value);
        }
    }
}
