using System.Globalization;
using System.Text;

namespace Fleet.KubeSim.Simulation;

/// <summary>The times of a schedule as the server's cron library counts them: whole minutes of a time zone, or an interval.</summary>
internal sealed class CronTimes
{
    private static readonly string[] Months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    private static readonly string[] Days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    private static readonly (int Least, int Most, string[] Words)[] Ranges = [(0, 59, []), (0, 23, []), (1, 31, []), (1, 12, Months), (0, 6, Days)];
    private readonly TimeSpan? _every;
    private readonly Field[] _fields = [];
    private readonly TimeZoneInfo _zone;

    private CronTimes(TimeSpan every) => (_every, _zone) = (every, TimeZoneInfo.Utc);

    private CronTimes(Field[] fields, TimeZoneInfo zone) => (_fields, _zone) = (fields, zone);

    /// <summary>Reads a schedule (Kinds.Rules.CronSchedule has found it good); null when it or its zone cannot be read.</summary>
    public static CronTimes? Read(string schedule, string? zone)
    {
        if (schedule.StartsWith("TZ=", StringComparison.Ordinal) || schedule.StartsWith("CRON_TZ=", StringComparison.Ordinal))
        {
            var blank = schedule.IndexOf(' ', StringComparison.Ordinal);
            if (blank < 0)
            {
                return null;
            }

            zone = schedule[(schedule.IndexOf('=', StringComparison.Ordinal) + 1)..blank];
            schedule = schedule[blank..].Trim();
        }

        if (schedule.StartsWith("@every ", StringComparison.Ordinal))
        {
            return Duration(schedule["@every ".Length..].Trim()) is { } every ? new CronTimes(every) : null;
        }

        if (ZoneOf(zone) is not { } found)
        {
            return null;
        }

        var parts = Expand(schedule).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return parts.Length == Ranges.Length ? new CronTimes([.. parts.Select((p, i) => FieldOf(p, Ranges[i]))], found) : null;
    }

    /// <summary>The zone of a name; UTC, where the controllers live, when there is none.</summary>
    public static TimeZoneInfo? ZoneOf(string? zone) =>
        string.IsNullOrEmpty(zone) ? TimeZoneInfo.Utc : TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found) ? found : null;

    /// <summary>The first time after another; null when none comes within five years.</summary>
    public DateTimeOffset? Next(DateTimeOffset after)
    {
        if (_every is { } every)
        {
            var from = after + every;
            return from.AddTicks(-(from.Ticks % TimeSpan.TicksPerSecond));
        }

        var time = new DateTimeOffset(after.UtcTicks - (after.UtcTicks % TimeSpan.TicksPerMinute), TimeSpan.Zero).AddMinutes(1);
        for (var last = after.AddYears(5); time <= last;)
        {
            var local = TimeZoneInfo.ConvertTime(time, _zone);
            if (!_fields[3].Has(local.Month) || !IsDay(local) || !_fields[1].Has(local.Hour))
            {
                // Zones differ by quarters of an hour: to the next of them, not to the next day, whose length they may change.
                time = time.AddMinutes(15 - (time.Minute % 15));
            }
            else if (!_fields[0].Has(local.Minute))
            {
                time = time.AddMinutes(1);
            }
            else
            {
                return time;
            }
        }

        return null;
    }

    /// <summary>When both the day of the month and that of the week are restricted, either will do.</summary>
    private bool IsDay(DateTimeOffset local)
    {
        var (month, week) = (_fields[2].Has(local.Day), _fields[4].Has((int)local.DayOfWeek));
        return _fields[2].Star || _fields[4].Star ? month && week : month || week;
    }

    private static string Expand(string schedule) => schedule switch
    {
        "@yearly" or "@annually" => "0 0 1 1 *",
        "@monthly" => "0 0 1 * *",
        "@weekly" => "0 0 * * 0",
        "@daily" or "@midnight" => "0 0 * * *",
        "@hourly" => "0 * * * *",
        _ => schedule,
    };

    private static Field FieldOf(string text, (int Least, int Most, string[] Words) range)
    {
        var (bits, star) = (0UL, false);
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var halves = part.Split('/');
            var ends = halves[0].Split('-');
            var any = ends[0] is "*" or "?";
            var step = halves.Length > 1 ? int.Parse(halves[1], CultureInfo.InvariantCulture) : 1;
            var start = any ? range.Least : Number(ends[0], range);
            var end = any || (halves.Length > 1 && ends.Length == 1) ? range.Most : Number(ends[^1], range);
            star |= any && step == 1;
            for (var i = start; i <= end; i += Math.Max(step, 1))
            {
                bits |= 1UL << i;
            }
        }

        return new Field(bits, star);
    }

    private static int Number(string text, (int Least, int Most, string[] Words) range)
    {
        var word = Array.IndexOf(range.Words, text.ToLowerInvariant());
        return word >= 0 ? word + range.Least : int.Parse(text, CultureInfo.InvariantCulture);
    }

    /// <summary>1h30m, 90s: whole seconds, one at least.</summary>
    private static TimeSpan? Duration(string text)
    {
        var (total, number) = (0.0, new StringBuilder());
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsAsciiDigit(text[i]) || text[i] == '.')
            {
                number.Append(text[i]);
                continue;
            }

            var millis = text[i] == 'm' && i + 1 < text.Length && text[i + 1] == 's';
            double? unit = millis ? 0.001 : text[i] switch { 'h' => 3600, 'm' => 60, 's' => 1, _ => null };
            if (unit is not { } seconds || !double.TryParse(number.ToString(), CultureInfo.InvariantCulture, out var value))
            {
                return null;
            }

            total += value * seconds;
            number.Clear();
            i += millis ? 1 : 0;
        }

        return number.Length > 0 ? null : TimeSpan.FromSeconds(Math.Max(Math.Floor(total), 1));
    }

    private readonly record struct Field(ulong Bits, bool Star)
    {
        public bool Has(int value) => (Bits >> value & 1) == 1;
    }
}
