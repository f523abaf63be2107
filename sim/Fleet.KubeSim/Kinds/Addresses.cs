using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Fleet.KubeSim.Kinds;

/// <summary>IP addresses and ranges as the server takes them, after util/validation/ip.go of apimachinery.</summary>
internal static class Addresses
{
    private const string AddressWords = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
    private const string RangeWords = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

    /// <summary>The address; null when the text is none. IPv4 has four decimal parts, which may have leading zeros.</summary>
    public static IPAddress? Parse(string text)
    {
        if (text.Contains(':', StringComparison.Ordinal))
        {
            return !text.Contains('%', StringComparison.Ordinal) && !text.Contains('[', StringComparison.Ordinal)
                && IPAddress.TryParse(text, out var six) && six.AddressFamily == AddressFamily.InterNetworkV6 ? six : null;
        }

        var parts = text.Split('.');
        var bytes = new byte[4];
        if (parts.Length != 4)
        {
            return null;
        }

        for (var i = 0; i < 4; i++)
        {
            if (!byte.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out bytes[i]))
            {
                return null;
            }
        }

        return new IPAddress(bytes);
    }

    public static IReadOnlyList<string> Address(string text) =>
        Parse(text) is not { } address ? [AddressWords]
        : HasLeadingZeros(text) ? ["must not have leading 0s"]
        : address.IsIPv4MappedToIPv6 ? ["must not be an IPv4-mapped IPv6 address"]
        : [];

    /// <summary>Fields from before the strict rules: leading zeros pass.</summary>
    public static IReadOnlyList<string> LegacyAddress(string text) => Parse(text) is null ? [AddressWords] : [];

    /// <summary>Addresses that make no sense for an endpoint or an external address.</summary>
    public static IReadOnlyList<string> NonSpecial(string text)
    {
        if (Parse(text) is not { } address)
        {
            return ["must be a valid IP address"];
        }

        var bytes = address.GetAddressBytes();
        var four = address.AddressFamily == AddressFamily.InterNetwork;
        if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
        {
            return [$"may not be unspecified ({text})"];
        }

        return IPAddress.IsLoopback(address) ? ["may not be in the loopback range (127.0.0.0/8, ::1/128)"]
            : (four && bytes[0] == 169 && bytes[1] == 254) || address.IsIPv6LinkLocal ? ["may not be in the link-local range (169.254.0.0/16, fe80::/10)"]
            : (four && bytes[0] == 224 && bytes[1] == 0 && bytes[2] == 0) || (!four && bytes[0] == 0xff && (bytes[1] & 0x0f) == 2)
                ? ["may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"]
            : [];
    }

    public static IReadOnlyList<string> LegacyRange(string text) => ParseRange(text) is null ? [RangeWords] : [];

    /// <summary>The address as written and the length of its prefix; null when the text is no range.</summary>
    public static (IPAddress Address, int Length)? ParseRange(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && Parse(text[..slash]) is { } address
            && int.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            && length <= (address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128)
            ? (address, length)
            : null;
    }

    /// <summary>The range with the bits beyond its prefix cleared, as text.</summary>
    public static string Masked(IPAddress address, int length)
    {
        var bytes = address.GetAddressBytes();
        for (var bit = length; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return $"{new IPAddress(bytes)}/{length.ToString(CultureInfo.InvariantCulture)}";
    }

    private static bool HasLeadingZeros(string text) =>
        !text.Contains(':', StringComparison.Ordinal) && text.Split('.').Any(p => p.Length > 1 && p[0] == '0');
}
