using System.Buffers;

namespace Grpc.Core;

/// <summary>Takes the bytes of one message.</summary>
public abstract class SerializationContext
{
    /// <summary>Hands over the whole message; to be called once, instead of <see cref="GetBufferWriter"/>.</summary>
    public virtual void Complete(byte[] payload) => throw new NotImplementedException();

    public virtual IBufferWriter<byte> GetBufferWriter() => throw new NotImplementedException();

    /// <summary>The size of the message in bytes, if known, before the writer is asked for.</summary>
    public virtual void SetPayloadLength(int payloadLength)
    {
    }

    /// <summary>Says that all bytes went into the writer.</summary>
    public virtual void Complete() => throw new NotImplementedException();
}
