using System.Text;

namespace Grpc.Wire;

/// <summary>The grpc-message header: UTF-8, with all but printable ASCII written as %XX, and % itself too.</summary>
internal static class PercentEncoding
{
    internal static string Encode(string text)
    {
        var plain = true;
        foreach (var c in text)
        {
            plain &= IsPlain(c);
        }

        if (plain)
        {
            return text;
        }

        var result = new StringBuilder(text.Length + 16);
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            if (IsPlain((char)b))
            {
                result.Append((char)b);
            }
            else
            {
                result.Append('%').Append(HexDigit(b >> 4)).Append(HexDigit(b & 15));
            }
        }

        return result.ToString();
    }

    /// <summary>Never fails: what is no valid escape stays as it is, as the specification asks.</summary>
    internal static string Decode(string text)
    {
        if (!text.Contains('%', StringComparison.Ordinal))
        {
            return text;
        }

        var bytes = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%' && i + 2 < text.Length && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2]))
            {
                bytes.Add(Convert.ToByte(text.Substring(i + 1, 2), 16));
                i += 2;
            }
            else
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(text, i, 1));
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    private static bool IsPlain(char c) => c is >= ' ' and <= '~' and not '%';

    private static char HexDigit(int value) => (char)(value < 10 ? '0' + value : 'A' + value - 10);
}
