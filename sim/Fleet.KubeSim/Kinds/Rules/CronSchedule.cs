using System.Globalization;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>The schedules of CronJobs, in the words of the server's cron library (robfig/cron parser.go).</summary>
internal static class CronSchedule
{
    private static readonly string[] Descriptors = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];
    private static readonly string[] Months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    private static readonly string[] Days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    private static readonly (int Least, int Most, string[] Words)[] Fields = [(0, 59, []), (0, 23, []), (1, 31, []), (1, 12, Months), (0, 6, Days)];

    /// <summary>Why the schedule cannot be read; null when it can.</summary>
    public static string? Problem(string schedule)
    {
        if (schedule.Length == 0)
        {
            return "empty spec string";
        }

        if (schedule.StartsWith("TZ=", StringComparison.Ordinal) || schedule.StartsWith("CRON_TZ=", StringComparison.Ordinal))
        {
            var blank = schedule.IndexOf(' ', StringComparison.Ordinal);
            schedule = blank < 0 ? "" : schedule[blank..].Trim();
        }

        if (schedule.StartsWith('@'))
        {
            return Descriptors.Contains(schedule) || schedule.StartsWith("@every ", StringComparison.Ordinal) ? null : $"unrecognized descriptor: {schedule}";
        }

        var fields = schedule.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return fields.Length != Fields.Length
            ? $"expected exactly 5 fields, found {fields.Length}: [{string.Join(' ', fields)}]"
            : fields.Select((f, i) => f.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(r => Range(r, Fields[i])).FirstOrDefault(p => p is not null))
                .FirstOrDefault(p => p is not null);
    }

    private static string? Range(string text, (int Least, int Most, string[] Words) field)
    {
        var parts = text.Split('/');
        var ends = parts[0].Split('-');
        int start, end;
        if (ends[0] is "*" or "?")
        {
            (start, end) = (field.Least, field.Most);
        }
        else
        {
            if (Number(ends[0], field, out start) is { } problem)
            {
                return problem;
            }

            end = start;
            if (ends.Length > 2)
            {
                return $"too many hyphens: {text}";
            }

            if (ends.Length == 2 && Number(ends[1], field, out end) is { } badEnd)
            {
                return badEnd;
            }
        }

        var step = 1;
        if (parts.Length > 2)
        {
            return $"too many slashes: {text}";
        }

        if (parts.Length == 2)
        {
            if (Number(parts[1], (0, 0, []), out step) is { } problem)
            {
                return problem;
            }

            end = ends.Length == 1 ? field.Most : end;
        }

        return start < field.Least ? $"beginning of range ({start}) below minimum ({field.Least}): {text}"
            : end > field.Most ? $"end of range ({end}) above maximum ({field.Most}): {text}"
            : start > end ? $"beginning of range ({start}) beyond end of range ({end}): {text}"
            : step == 0 ? $"step of range should be a positive number: {text}"
            : null;
    }

    private static string? Number(string text, (int Least, int Most, string[] Words) field, out int number)
    {
        var word = Array.IndexOf(field.Words, text.ToLowerInvariant());
        if (word >= 0)
        {
            number = word + field.Least;
            return null;
        }

        return !int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number)
            ? $"failed to parse int from {text}: strconv.Atoi: parsing {Schema.GoText.Quote(text)}: invalid syntax"
            : number < 0 ? $"negative number ({number}) not allowed: {text}" : null;
    }
}
