using System.Diagnostics.CodeAnalysis;

namespace Grpc.Wire;

/// <summary>The value of a <c>-bin</c> header: base64, sent without padding and accepted with or without it.</summary>
internal static class BinaryValue
{
    internal static string Encode(ReadOnlySpan<byte> bytes) => Convert.ToBase64String(bytes).TrimEnd('=');

    internal static bool TryDecode(string text, [NotNullWhen(true)] out byte[]? bytes)
    {
        var trimmed = text.Trim().TrimEnd('=');
        var padded = trimmed.PadRight(trimmed.Length + ((4 - (trimmed.Length % 4)) % 4), '=');
        var buffer = new byte[padded.Length / 4 * 3];
        if (!Convert.TryFromBase64String(padded, buffer, out var written))
        {
            bytes = null;
            return false;
        }

        bytes = buffer[..written];
        return true;
    }
}
