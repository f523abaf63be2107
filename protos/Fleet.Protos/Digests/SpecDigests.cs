using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.Collections;

namespace Fleet.V1;

/// <summary>How a <see cref="TargetSpec"/> is serialised and named: the same spec always gives the same digest.</summary>
public static class SpecDigests
{
    /// <summary>The bytes that <see cref="Target.SpecDigest"/> is taken over. Maps are written in ordinal order of their keys.</summary>
    public static byte[] Canonical(TargetSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        // protobuf leaves the order of map entries open (and C# writes them as they were put in); everything else that a
        // TargetSpec holds has one serialisation.
        var ordered = spec.Clone();
        if (ordered.Render is { } render)
        {
            Sort(render.CommonLabels);
            Sort(render.CommonAnnotations);
        }

        return ordered.ToByteArray();
    }

    /// <summary>Hex SHA-256 of the canonical bytes.</summary>
    public static string Of(TargetSpec spec) => Of(Canonical(spec));

    /// <summary>Hex SHA-256 of bytes that were serialised already: what a receiver checks before it parses them.</summary>
    public static string Of(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private static void Sort(MapField<string, string> map)
    {
        var entries = map.OrderBy(entry => entry.Key, StringComparer.Ordinal).ToArray();
        map.Clear();
        foreach (var (key, value) in entries)
        {
            map.Add(key, value);
        }
    }
}
