using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Drift;

/// <summary>What the server made of an apply: fields of the manifest that its answer holds with another meaning. Something at admission wrote them, and they are no drift.</summary>
public static partial class AdmissionChanges
{
    private const int MaxNamed = 5;

    /// <summary>A sentence for the Report; null when the answer says what the manifest says.</summary>
    public static string? Note(KubeObject manifest, KubeObject answer)
    {
        var found = new List<string>();
        foreach (var (key, value) in manifest.Json)
        {
            if (key is "apiVersion" or "kind" or "status" or "metadata") continue;
            Walk("." + key, value, answer.Json[key], found);
        }
        foreach (var key in (string[])["labels", "annotations"]) Walk(".metadata." + key, manifest.Metadata.At(key), answer.Metadata.At(key), found);
        if (found.Count == 0) return null;
        var more = found.Count > MaxNamed ? $" and {found.Count - MaxNamed} more" : "";
        return $"{manifest.Key}: changed at admission: {string.Join(", ", found.Take(MaxNamed))}{more}. A webhook or policy of the cluster writes them; Git's values do not hold there";
    }

    private static void Walk(string path, JsonNode? want, JsonNode? have, List<string> found)
    {
        switch (want, have)
        {
            // What was written as empty counts for presence only.
            case (null or JsonObject { Count: 0 } or JsonArray { Count: 0 }, _):
                return;
            case (JsonObject a, JsonObject b):
                foreach (var (key, value) in a) Walk($"{path}.{key}", value, b[key], found);
                return;
            case (JsonArray a, JsonArray b):
                Items(path, a, b, found);
                return;
            case (JsonValue x, JsonValue y) when IsSame(x, y):
                return;
            default:
                found.Add(path);
                return;
        }
    }

    private static void Items(string path, JsonArray want, JsonArray have, List<string> found)
    {
        for (var i = 0; i < want.Count; i++)
        {
            var name = want[i].Text("name") ?? want[i].Text("mountPath");
            var place = name is null ? $"{path}[{i}]" : $"{path}[{name}]";
            // Others may have put items in between; an item without a name is found by its meaning where the lengths differ.
            var match = name is not null ? have.FirstOrDefault(h => (h.Text("name") ?? h.Text("mountPath")) == name)
                : want.Count == have.Count ? have[i] : have.FirstOrDefault(h => JsonSemantics.Same(want[i], h)) ?? want[i];
            Walk(place, want[i], match, found);
        }
    }

    /// <summary>Servers write quantities, times and durations in a form of their own.</summary>
    private static bool IsSame(JsonValue want, JsonValue have)
    {
        if (JsonSemantics.Same(want, have)) return true;
        var (a, b) = (want.AsText() ?? want.ToJsonString(), have.AsText() ?? have.ToJsonString());
        if (Quantity(a) is { } x && Quantity(b) is { } y) return Math.Abs(x - y) <= 1e-9 * Math.Max(Math.Abs(x), Math.Abs(y));
        if (Duration(a) is { } d && Duration(b) is { } e) return Math.Abs(d - e) < 1e-9;
        return DateTimeOffset.TryParse(a, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var t) && DateTimeOffset.TryParse(b, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var u)
            && Math.Abs((t - u).TotalSeconds) < 1;
    }

    private static double? Quantity(string text)
    {
        var match = QuantityForm().Match(text);
        if (!match.Success || !double.TryParse(match.Groups[1].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)) return null;
        return number * match.Groups[2].Value switch
        {
            "n" => 1e-9, "u" => 1e-6, "m" => 1e-3, "k" => 1e3, "M" => 1e6, "G" => 1e9, "T" => 1e12, "P" => 1e15, "E" => 1e18,
            "Ki" => 1024d, "Mi" => 1048576d, "Gi" => 1073741824d, "Ti" => 1099511627776d, "Pi" => 1125899906842624d, "Ei" => 1152921504606846976d,
            _ => 1,
        };
    }

    private static double? Duration(string text)
    {
        if (text.Length is 0 or > 40 || !DurationForm().IsMatch(text)) return null;
        return DurationPart().Matches(text).Sum(m => double.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture) * m.Groups[2].Value switch { "h" => 3600, "m" => 60, "ms" => 1e-3, _ => 1d });
    }

    [GeneratedRegex(@"^([+-]?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|[+-]?\.[0-9]+)(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$")]
    private static partial Regex QuantityForm();

    [GeneratedRegex(@"^([0-9]+(\.[0-9]+)?(h|ms|m|s))+$")]
    private static partial Regex DurationForm();

    [GeneratedRegex(@"([0-9]+(?:\.[0-9]+)?)(h|ms|m|s)")]
    private static partial Regex DurationPart();
}
