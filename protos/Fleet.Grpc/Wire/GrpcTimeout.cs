using System.Globalization;

namespace Grpc.Wire;

/// <summary>The grpc-timeout header: at most 8 digits and a unit.</summary>
internal static class GrpcTimeout
{
    private const long MaxValue = 99_999_999;

    /// <summary>The finest unit in which the value fits, rounded up: a deadline is never shortened by its encoding.</summary>
    internal static string Encode(TimeSpan timeout)
    {
        if (timeout <= TimeSpan.Zero)
        {
            return "1n";
        }

        var ticks = timeout.Ticks;
        if (ticks <= MaxValue / 100)
        {
            return Format(ticks * 100, 'n');
        }

        foreach (var (unit, size) in (ReadOnlySpan<(char, long)>)
            [('u', TimeSpan.TicksPerMicrosecond), ('m', TimeSpan.TicksPerMillisecond), ('S', TimeSpan.TicksPerSecond), ('M', TimeSpan.TicksPerMinute)])
        {
            var value = CeilingDivide(ticks, size);
            if (value <= MaxValue)
            {
                return Format(value, unit);
            }
        }

        return Format(Math.Min(CeilingDivide(ticks, TimeSpan.TicksPerHour), MaxValue), 'H');
    }

    internal static bool TryParse(string? text, out TimeSpan timeout)
    {
        timeout = default;
        if (text is not { Length: >= 2 and <= 9 }
            || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var value))
        {
            return false;
        }

        long? ticks = text[^1] switch
        {
            'H' => SaturatingMultiply(value, TimeSpan.TicksPerHour),
            'M' => SaturatingMultiply(value, TimeSpan.TicksPerMinute),
            'S' => value * TimeSpan.TicksPerSecond,
            'm' => value * TimeSpan.TicksPerMillisecond,
            'u' => value * TimeSpan.TicksPerMicrosecond,
            'n' => CeilingDivide(value, 100),
            _ => null,
        };
        timeout = TimeSpan.FromTicks(ticks ?? 0);
        return ticks is not null;
    }

    private static string Format(long value, char unit) => string.Create(CultureInfo.InvariantCulture, $"{value}{unit}");

    private static long CeilingDivide(long value, long by) => (value / by) + (value % by == 0 ? 0 : 1);

    private static long SaturatingMultiply(long value, long by) => value > long.MaxValue / by ? long.MaxValue : value * by;
}
