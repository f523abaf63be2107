using System.Globalization;

namespace Fleet.Hub.Core.Resources;

/// <summary>Durations as Kubernetes' users write them: 30s, 5m, 1h30m, 500ms; and d for days.</summary>
public static class Durations
{
    private static readonly (string Unit, double Milliseconds)[] Units =
        [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

    /// <summary>Reads a duration; false when it is not one, is negative, or is longer than 100 years.</summary>
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = default;
        if (string.IsNullOrEmpty(text) || text.Length > 32)
        {
            return false;
        }

        if (text == "0")
        {
            return true;
        }

        double total = 0;
        var at = 0;
        while (at < text.Length)
        {
            var digits = at;
            while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '.'))
            {
                at++;
            }

            var letters = at;
            while (at < text.Length && char.IsAsciiLetter(text[at]))
            {
                at++;
            }

            var unit = Array.Find(Units, u => text.AsSpan(letters, at - letters).SequenceEqual(u.Unit));
            if (unit.Unit is null
                || !double.TryParse(text.AsSpan(digits, letters - digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount))
            {
                return false;
            }

            total += amount * unit.Milliseconds;
        }

        if (total > 100 * 365.0 * 86_400_000)
        {
            return false;
        }

        duration = TimeSpan.FromMilliseconds(total);
        return true;
    }

    /// <summary>The shortest way to write a duration: 1h30m, 30s, 500ms.</summary>
    public static string Format(TimeSpan duration)
    {
        if (duration <= TimeSpan.Zero)
        {
            return "0s";
        }

        var parts = new List<string>(4);
        Add(duration.Days * 24L + duration.Hours, "h");
        Add(duration.Minutes, "m");
        Add(duration.Seconds, "s");
        Add(duration.Milliseconds, "ms");
        return parts.Count == 0 ? "0s" : string.Concat(parts);

        void Add(long amount, string unit)
        {
            if (amount > 0)
            {
                parts.Add(amount.ToString(CultureInfo.InvariantCulture) + unit);
            }
        }
    }
}
