using System.Buffers;

namespace Grpc.Core;

/// <summary>Gives the bytes of one message; they are valid only while the message is being deserialized.</summary>
public abstract class DeserializationContext
{
    public abstract int PayloadLength { get; }

    public virtual byte[] PayloadAsNewBuffer() => throw new NotImplementedException();

    public virtual ReadOnlySequence<byte> PayloadAsReadOnlySequence() => throw new NotImplementedException();
}
