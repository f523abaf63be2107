using Grpc.Core;

namespace Grpc.Wire;

/// <summary>Carries metadata to and from HTTP headers.</summary>
internal static class MetadataHeaders
{
    /// <summary>Headers of HTTP and of gRPC itself: never read into metadata, and never written from it.</summary>
    private static readonly HashSet<string> s_reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        ProtocolNames.StatusTrailer, ProtocolNames.MessageTrailer, ProtocolNames.TimeoutHeader, ProtocolNames.EncodingHeader,
        ProtocolNames.AcceptEncodingHeader, ProtocolNames.EncodingRequest,
        "content-type", "content-length", "te", "host", "accept-encoding", "connection", "keep-alive", "proxy-connection",
        "transfer-encoding", "upgrade", "trailer",
    };

    internal static bool IsReserved(string name) => name.Length == 0 || name[0] == ':' || s_reserved.Contains(name);

    /// <summary>False when a value of a <c>-bin</c> key is not base64; the entry is then left out.</summary>
    internal static bool TryAdd(Metadata metadata, string name, string value)
    {
        if (IsReserved(name))
        {
            return true;
        }

        if (!name.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.OrdinalIgnoreCase))
        {
            if (!IsKey(name))
            {
                return true;
            }

            metadata.Add(name, value);
            return true;
        }

        // Proxies may join the values of a repeated header; a comma is no base64 digit, so that this is unambiguous.
        var ok = true;
        foreach (var part in value.Split(','))
        {
            if (IsKey(name) && BinaryValue.TryDecode(part, out var bytes))
            {
                metadata.Add(name, bytes);
            }
            else
            {
                ok = false;
            }
        }

        return ok;
    }

    /// <summary>The entries that may be sent, with their values as on the wire.</summary>
    internal static IEnumerable<(string Name, string Value)> Encode(Metadata metadata)
    {
        foreach (var entry in metadata)
        {
            if (IsReserved(entry.Key))
            {
                continue;
            }

            if (entry.IsBinary)
            {
                yield return (entry.Key, BinaryValue.Encode(entry.ValueBytes));
                continue;
            }

            if (entry.Value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            {
                throw new RpcException(new Status(
                    StatusCode.Internal,
                    $"The metadata value of '{entry.Key}' has a character that HTTP/2 headers cannot carry: use printable ASCII, or a key that ends in '-bin'."));
            }

            yield return (entry.Key, entry.Value);
        }
    }

    private static bool IsKey(string name)
    {
        foreach (var c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.'))
            {
                return false;
            }
        }

        return true;
    }
}
