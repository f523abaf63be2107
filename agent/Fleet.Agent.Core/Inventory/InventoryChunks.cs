using System.IO.Compression;

namespace Fleet.Agent.Core.Inventory;

/// <summary>An Inventory's bytes as they are put into Secrets: compressed, and cut to what one of them may hold.</summary>
public static class InventoryChunks
{
    /// <summary>A Secret holds 1,048,576 bytes of data, base64 not counted.</summary>
    public const int MaxChunk = 900 << 10;

    /// <summary>Unpacked, to bound what a damaged or forged Secret can make of us.</summary>
    public const int MaxUnpacked = 256 << 20;

    public static IReadOnlyList<byte[]> Pack(ReadOnlySpan<byte> bytes, int maxChunk = MaxChunk)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(bytes);
        return [.. packed.ToArray().Chunk(maxChunk)];
    }

    /// <exception cref="InventoryFormatException">It is damaged, or too large.</exception>
    public static byte[] Unpack(IEnumerable<byte[]> chunks)
    {
        using var packed = new MemoryStream();
        foreach (var chunk in chunks) packed.Write(chunk);
        packed.Position = 0;
        try
        {
            using var gzip = new GZipStream(packed, CompressionMode.Decompress);
            using var unpacked = new MemoryStream();
            var buffer = new byte[32 << 10];
            while (gzip.Read(buffer) is > 0 and var read)
            {
                if (unpacked.Length + read > MaxUnpacked) throw new InventoryFormatException($"the inventory is larger than {MaxUnpacked >> 20} MiB");
                unpacked.Write(buffer, 0, read);
            }
            return unpacked.ToArray();
        }
        catch (InvalidDataException e)
        {
            throw new InventoryFormatException($"the inventory is damaged: {e.Message}");
        }
    }
}
