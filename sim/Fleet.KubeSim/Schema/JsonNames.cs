using System.Text;
using System.Text.Json;

namespace Fleet.KubeSim.Schema;

/// <summary>
/// Property names as shared strings: the same few hundred names stand in every object, and reading each anew costs time and memory.
/// A bounded table in which a name may push out another; losing a race only means one more string.
/// </summary>
internal static class JsonNames
{
    private const int Slots = 4096;
    private const int MaximumLength = 64;
    private static readonly string?[] Known = new string?[Slots];

    /// <summary>The name at which the reader stands (a property name).</summary>
    public static string Of(ref Utf8JsonReader reader)
    {
        if (reader.HasValueSequence || reader.ValueIsEscaped || reader.ValueSpan.Length is 0 or > MaximumLength)
        {
            return reader.GetString()!;
        }

        var text = reader.ValueSpan;
        var hash = 2166136261u;
        foreach (var one in text)
        {
            hash = (hash ^ one) * 16777619u;
        }

        ref var slot = ref Known[(hash ^ (hash >> 15)) % Slots];
        if (slot is { } known && Ascii.Equals(text, known))
        {
            return known;
        }

        var name = reader.GetString()!;
        slot = name;
        return name;
    }
}
