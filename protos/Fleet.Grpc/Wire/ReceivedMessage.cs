using System.Buffers;
using Grpc.Core;

namespace Grpc.Wire;

/// <summary>The payload that is being deserialized; one instance serves a whole stream.</summary>
internal sealed class ReceivedMessage : DeserializationContext
{
    private ReadOnlySequence<byte> _payload;

    public override int PayloadLength => (int)_payload.Length;

    public override byte[] PayloadAsNewBuffer() => _payload.ToArray();

    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => _payload;

    internal T Deserialize<T>(ReadOnlySequence<byte> payload, Func<DeserializationContext, T> deserializer)
    {
        _payload = payload;
        try
        {
            return deserializer(this);
        }
        catch (Exception exception) when (exception is not RpcException)
        {
            throw new RpcException(new Status(StatusCode.Internal, "A received message could not be parsed.", exception));
        }
        finally
        {
            _payload = default;
        }
    }
}
