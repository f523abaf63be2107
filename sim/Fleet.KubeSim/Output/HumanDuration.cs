using System.Globalization;

namespace Fleet.KubeSim.Output;

/// <summary>Durations as kubectl shows them: 90s, 5m30s, 3h20m, 5d, 2y100d.</summary>
internal static class HumanDuration
{
    public static string Of(TimeSpan duration)
    {
        var seconds = (long)duration.TotalSeconds;
        if (seconds < -1)
        {
            return "<invalid>";
        }

        seconds = Math.Max(seconds, 0);
        var (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
        return (seconds, minutes, hours, days) switch
        {
            ( < 120, _, _, _) => Text($"{seconds}s"),
            (_, < 10, _, _) => Pair(minutes, "m", seconds % 60, "s"),
            (_, < 180, _, _) => Text($"{minutes}m"),
            (_, _, < 8, _) => Pair(hours, "h", minutes % 60, "m"),
            (_, _, < 48, _) => Text($"{hours}h"),
            (_, _, < 192, _) => Pair(days, "d", hours % 24, "h"),
            (_, _, _, < 730) => Text($"{days}d"),
            (_, _, _, < 2920) => Pair(days / 365, "y", days % 365, "d"),
            _ => Text($"{days / 365}y"),
        };
    }

    private static string Pair(long major, string unit, long minor, string minorUnit) =>
        minor == 0 ? Text($"{major}{unit}") : Text($"{major}{unit}{minor}{minorUnit}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
