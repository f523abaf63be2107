using System.Globalization;

namespace Fleet.Hub.Core.Rollouts;

/// <summary>How many clusters may be changing at once.</summary>
public static class RolloutBudget
{
    /// <summary>Reads a number or a percentage of the clusters.</summary>
    /// <param name="maxConcurrent">Such as 5 or 10%; empty: all.</param>
    /// <param name="clusters">Clusters that the Assignment is for.</param>
    /// <returns>At least 1; int.MaxValue for all. What cannot be read (applying refuses it) counts as 1: too slow is seen, too fast is an outage.</returns>
    public static int Of(string maxConcurrent, int clusters)
    {
        ArgumentNullException.ThrowIfNull(maxConcurrent);
        var text = maxConcurrent.Trim();
        if (text.Length == 0)
        {
            return int.MaxValue;
        }

        var isShare = text.EndsWith('%');
        if (!int.TryParse(isShare ? text[..^1] : text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return 1;
        }

        return Math.Max(1, isShare ? (int)Math.Ceiling(clusters * (number / 100.0)) : number);
    }
}
