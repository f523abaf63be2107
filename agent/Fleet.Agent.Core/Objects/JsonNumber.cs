using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Fleet.Agent.Core.Objects;

/// <summary>A JSON number read exactly where it is whole, else as a double: JsonValue does not convert between what it is backed by.</summary>
public readonly record struct JsonNumber(bool IsWhole, long Whole, ulong Large, double Real)
{
    public static bool TryRead(JsonValue value, out JsonNumber number)
    {
        number = default;
        if (value.GetValueKind() != JsonValueKind.Number) return false;
        if (value.TryGetValue(out long l)) { number = Exact(l); return true; }
        if (value.TryGetValue(out int i)) { number = Exact(i); return true; }
        if (value.TryGetValue(out ulong u)) { number = u <= long.MaxValue ? Exact((long)u) : new(false, 0, u, u); return true; }
        if (!value.TryGetValue(out double d) && !double.TryParse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out d)) return false;
        number = Math.Truncate(d) == d && Math.Abs(d) < 9.0e15 ? Exact((long)d) : new(false, 0, 0, d);
        return true;
    }

    /// <summary>One text for one number, so that 1 and 1.0 hash alike.</summary>
    public string Canonical => IsWhole ? Whole.ToString(CultureInfo.InvariantCulture)
        : Large != 0 ? Large.ToString(CultureInfo.InvariantCulture)
        : Real.ToString("R", CultureInfo.InvariantCulture);

    private static JsonNumber Exact(long n) => new(true, n, 0, n);
}
