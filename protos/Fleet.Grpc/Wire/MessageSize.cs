using Grpc.Core;

namespace Grpc.Wire;

/// <summary>The limits on one message.</summary>
internal static class MessageSize
{
    internal const int HeaderLength = 5;

    internal const int DefaultMaxReceive = 4 * 1024 * 1024;

    /// <summary>How long a compressed message may be that could still unpack to the limit: fast encoders add up to an eighth to random bytes.</summary>
    internal static long MaxCompressed(int maxSize) => maxSize + (maxSize / 8L) + 1024;

    internal static RpcException TooLargeToReceive(int maxSize) => new(new Status(
        StatusCode.ResourceExhausted,
        $"A received message exceeds the limit of {maxSize} bytes (MaxReceiveMessageSize)."));

    internal static RpcException TooLargeToSend(long size, int maxSize) => new(new Status(
        StatusCode.ResourceExhausted,
        $"A message of {size} bytes exceeds the sending limit of {maxSize} bytes (MaxSendMessageSize)."));
}
