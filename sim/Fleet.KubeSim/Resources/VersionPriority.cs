using System.Globalization;
using System.Text.RegularExpressions;

namespace Fleet.KubeSim.Resources;

/// <summary>Kubernetes' order of API versions: v2 before v1 before v1beta2 before v1alpha1 before anything else, as text.</summary>
internal sealed partial class VersionPriority : IComparer<string>
{
    public static VersionPriority Comparer { get; } = new();

    public int Compare(string? x, string? y)
    {
        var (a, b) = (Parse(x ?? ""), Parse(y ?? ""));
        if (a is null || b is null)
        {
            return (a is null, b is null) switch
            {
                (true, true) => string.CompareOrdinal(y, x),
                (true, false) => -1,
                _ => 1,
            };
        }

        return a.Value.CompareTo(b.Value);
    }

    private static (int Stability, int Major, int Minor)? Parse(string version)
    {
        var match = Pattern().Match(version);
        if (!match.Success)
        {
            return null;
        }

        var stability = match.Groups[2].Value switch { "" => 2, "beta" => 1, _ => 0 };
        return (stability, Number(match.Groups[1].Value), Number(match.Groups[3].Value));
    }

    private static int Number(string digits) => int.TryParse(digits, CultureInfo.InvariantCulture, out var n) ? n : 0;

    [GeneratedRegex("^v([1-9][0-9]*)(?:(alpha|beta)([1-9][0-9]*))?$")]
    private static partial Regex Pattern();
}
