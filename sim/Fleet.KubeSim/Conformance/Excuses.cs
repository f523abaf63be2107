using System.Text.RegularExpressions;

namespace Fleet.KubeSim.Conformance;

/// <summary>The recordings that are known to come out differently, each with its reason, as a page lists them.</summary>
internal static partial class Excuses
{
    public const string Heading = "## Recordings that come out differently";

    /// <summary>Reads the lines <c>- `SCENARIO`: reason</c> below the heading; a scenario without a reason is not excused.</summary>
    public static Dictionary<string, string> Read(IEnumerable<string> page) =>
        page.SkipWhile(line => line != Heading).Skip(1).TakeWhile(line => !line.StartsWith('#'))
            .Select(line => Line().Match(line)).Where(match => match.Success)
            .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value, StringComparer.Ordinal);

    [GeneratedRegex(@"^- `([^`]+)`: (\S.*)$")]
    private static partial Regex Line();
}
