using System.Globalization;
using System.Text.RegularExpressions;

namespace Fleet.KubeSim.Kinds;

/// <summary>The string formats that the server checks; all others pass.</summary>
internal static partial class StructuralFormats
{
    public static bool Fits(string format, string text) => format switch
    {
        "date-time" or "datetime" => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _) && text.Contains('T', StringComparison.OrdinalIgnoreCase),
        "date" => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        "byte" => Convert.TryFromBase64String(text, new byte[(text.Length / 4 * 3) + 3], out _),
        "ipv4" => System.Net.IPAddress.TryParse(text, out var four) && four.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork && text.Count(c => c == '.') == 3,
        "ipv6" => System.Net.IPAddress.TryParse(text, out var six) && six.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6,
        "cidr" => System.Net.IPNetwork.TryParse(text, out _),
        "uuid" or "uuid3" or "uuid4" or "uuid5" => Guid.TryParse(text, out _),
        "email" => text.IndexOf('@', StringComparison.Ordinal) is > 0 and var at && at < text.Length - 1,
        "hostname" => Names.Subdomain(text.ToLowerInvariant()).Count == 0,
        "uri" => Uri.TryCreate(text, UriKind.Absolute, out _) || text.StartsWith('/'),
        "duration" => DurationPattern().IsMatch(text),
        _ => true,
    };

    [GeneratedRegex("^[-+]?(([0-9]*\\.?[0-9]+|[0-9]+\\.)(ns|us|µs|ms|s|m|h|d|w))+\\z|^0\\z", RegexOptions.CultureInvariant)]
    private static partial Regex DurationPattern();
}
