using System.Buffers;
using System.IO.Compression;
using Grpc.Core;

namespace Grpc.Wire;

/// <summary>Compresses and decompresses whole messages.</summary>
internal static class Gzip
{
    internal static void Compress(ReadOnlySpan<byte> message, PooledBuffer target)
    {
        using var gzip = new GZipStream(new BufferStream(target), CompressionLevel.Fastest);
        gzip.Write(message);
    }

    /// <summary>Stops as soon as the output passes the limit, so that a bomb costs no more than the limit.</summary>
    internal static void Decompress(ReadOnlySequence<byte> compressed, PooledBuffer target, int maxSize)
    {
        try
        {
            using var gzip = new GZipStream(new SequenceStream(compressed), CompressionMode.Decompress);
            while (true)
            {
                var count = gzip.Read(target.GetSpan(4096));
                if (count == 0)
                {
                    return;
                }

                target.Advance(count);
                if (target.Length > maxSize)
                {
                    throw MessageSize.TooLargeToReceive(maxSize);
                }
            }
        }
        catch (InvalidDataException exception)
        {
            throw new RpcException(new Status(StatusCode.Internal, "A received message is marked as gzip and is not.", exception));
        }
    }
}
