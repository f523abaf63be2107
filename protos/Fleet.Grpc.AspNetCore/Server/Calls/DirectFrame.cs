using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>Serializes a message straight into the response where its size is told first, as generated code does; else by a buffer.</summary>
internal sealed class DirectFrame(PipeWriter response, int? maxSize) : SerializationContext
{
    private PooledBuffer? _buffer;
    private int? _length;
    private bool _begun;
    private bool _complete;

    public override void SetPayloadLength(int payloadLength)
    {
        if (payloadLength > maxSize)
        {
            throw MessageSize.TooLargeToSend(payloadLength, maxSize.Value);
        }

        _length = payloadLength;
    }

    public override IBufferWriter<byte> GetBufferWriter()
    {
        if (_length is not { } length)
        {
            return _buffer ??= new PooledBuffer();
        }

        if (!_begun)
        {
            Begin(length);
        }

        return response;
    }

    public override void Complete(byte[] payload)
    {
        SetPayloadLength(payload.Length);
        GetBufferWriter().Write(payload);
        Complete();
    }

    public override void Complete()
    {
        if (_buffer is { } buffer)
        {
            SetPayloadLength(buffer.Length);
            Begin(buffer.Length);
            response.Write(buffer.WrittenSpan);
        }

        _complete = true;
    }

    /// <summary>True when a message was left half written: no other can follow it.</summary>
    internal bool IsBroken { get; private set; }

    /// <summary>Puts one message into the response; nothing of it, if it fails before its first byte.</summary>
    internal void Write<T>(T message, Action<T, SerializationContext> serializer)
    {
        (_length, _begun, _complete) = (null, false, false);
        var before = response.UnflushedBytes;
        try
        {
            serializer(message, this);
            IsBroken = _begun && response.UnflushedBytes - before != MessageSize.HeaderLength + _length;
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            IsBroken = _begun;
            throw new RpcException(new Status(StatusCode.Internal, "A message could not be serialized.", exception));
        }
        finally
        {
            _buffer?.Release();
            _buffer = null;
        }

        if (!_complete || IsBroken)
        {
            throw new RpcException(new Status(StatusCode.Internal, "The serializer of a message did not complete it, or told another size than it wrote."));
        }
    }

    private void Begin(int length)
    {
        _begun = true;
        var header = response.GetSpan(MessageSize.HeaderLength);
        header[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(header[1..], length);
        response.Advance(MessageSize.HeaderLength);
    }
}
