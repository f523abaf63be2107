using System.Globalization;
using System.Text.RegularExpressions;

namespace Fleet.Cli;

/// <summary>Durations as Kubernetes' users write them: 500ms, 30s, 5m, 1h30m, 2d.</summary>
internal static partial class Durations
{
    public static TimeSpan Parse(string text, string option)
    {
        var match = Whole().Match(text);
        if (!match.Success || text.Length == 0)
        {
            throw new UsageException($"{option}: '{text}' is no duration. Write it like 30s, 5m or 1h30m.");
        }

        var total = TimeSpan.Zero;
        foreach (Match part in Part().Matches(text))
        {
            var value = double.Parse(part.Groups[1].Value, CultureInfo.InvariantCulture);
            total += part.Groups[2].Value switch
            {
                "ms" => TimeSpan.FromMilliseconds(value),
                "s" => TimeSpan.FromSeconds(value),
                "m" => TimeSpan.FromMinutes(value),
                "h" => TimeSpan.FromHours(value),
                _ => TimeSpan.FromDays(value),
            };
        }

        return total;
    }

    /// <summary>An age as kubectl prints it: 12s, 5m, 3h, 4d.</summary>
    public static string Age(TimeSpan age) => age.TotalSeconds switch
    {
        < 0 => "0s",
        < 120 => $"{(int)age.TotalSeconds}s",
        < 7200 => $"{(int)age.TotalMinutes}m",
        < 172800 => $"{(int)age.TotalHours}h",
        _ => $"{(int)age.TotalDays}d",
    };

    [GeneratedRegex(@"^(\d+(\.\d+)?(ms|s|m|h|d))+$")]
    private static partial Regex Whole();

    [GeneratedRegex(@"(\d+(?:\.\d+)?)(ms|s|m|h|d)")]
    private static partial Regex Part();
}

/// <summary>The command line itself is wrong; exit code 2.</summary>
internal sealed class UsageException(string message) : Exception(message);
