using Google.Protobuf;

namespace Grpc.Core;

/// <summary>Reads and writes the rich status in trailers.</summary>
public static class MetadataExtensions
{
    /// <summary>The trailer that carries a serialized google.rpc.Status.</summary>
    public const string StatusDetailsTrailerName = "grpc-status-details-bin";

    /// <summary>Null when there is none, or none that parses and <paramref name="ignoreParseError"/> is set.</summary>
    public static Google.Rpc.Status? GetRpcStatus(this Metadata metadata, bool ignoreParseError = false)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        var bytes = metadata.Get(StatusDetailsTrailerName)?.ValueBytes;
        if (bytes is null)
        {
            return null;
        }

        try
        {
            return Google.Rpc.Status.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException) when (ignoreParseError)
        {
            return null;
        }
    }

    public static void SetRpcStatus(this Metadata metadata, Google.Rpc.Status status)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        ArgumentNullException.ThrowIfNull(status);
        for (var i = metadata.Count - 1; i >= 0; i--)
        {
            if (metadata[i].Key == StatusDetailsTrailerName)
            {
                metadata.RemoveAt(i);
            }
        }

        metadata.Add(StatusDetailsTrailerName, status.ToByteArray());
    }
}
