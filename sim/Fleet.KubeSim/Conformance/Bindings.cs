using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Fleet.KubeSim.Conformance;

/// <summary>What the placeholders of one scenario stand for on this server.</summary>
internal sealed partial class Bindings(TimeProvider time)
{
    private const string Time = @"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z";
    private static readonly string[] UniqueKinds = ["$uid", "$rv", "$name", "$ip", "$nodePort"];
    private readonly Dictionary<string, JsonNode> _values = new(StringComparer.Ordinal);

    public static bool HasPlaceholder(string text) => Token().IsMatch(text);

    /// <summary>A recorded request part with its placeholders replaced.</summary>
    public JsonNode? Fill(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.Select(p => KeyValuePair.Create(Fill(p.Key), Fill(p.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Fill)]),
        JsonValue value when value.TryGetValue(out string? text) => _values.TryGetValue(text, out var bound) ? bound.DeepClone() : JsonValue.Create(Fill(text)),
        _ => node?.DeepClone(),
    };

    public string Fill(string text) => Token().Replace(text, m => m.Value == "$time"
        ? Hosting.ClusterState.Timestamp(time.GetUtcNow())
        : _values.TryGetValue(m.Value, out var bound) ? Plain(bound) : m.Value);

    /// <summary>Compares a recorded text with an actual value; null when they agree.</summary>
    public (string Wanted, string Got)? Match(string wanted, JsonNode? got)
    {
        if (got is JsonValue same && same.TryGetValue(out string? equal) && equal == wanted)
        {
            return null;
        }

        if (!HasPlaceholder(wanted))
        {
            return (Difference.Show(wanted), Difference.Show(got));
        }

        if (wanted is not ("$any" or "$time") && Token().Match(wanted) is { Success: true } whole && whole.Length == wanted.Length)
        {
            return Bind(wanted, got);
        }

        return got is JsonValue value && value.TryGetValue(out string? text) ? MatchText(wanted, text) : (Difference.Show(wanted), Difference.Show(got));
    }

    private (string, string)? MatchText(string wanted, string got)
    {
        var pattern = new StringBuilder("^");
        var names = new List<string>();
        var at = 0;
        foreach (Match token in Token().Matches(wanted))
        {
            pattern.Append(Regex.Escape(wanted[at..token.Index]));
            at = token.Index + token.Length;
            var seen = names.IndexOf(token.Value);
            if (token.Value == "$any")
            {
                pattern.Append("[\\s\\S]*");
            }
            else if (token.Value == "$time")
            {
                pattern.Append(Time);
            }
            else if (_values.TryGetValue(token.Value, out var bound))
            {
                pattern.Append(Regex.Escape(Plain(bound)));
            }
            else if (seen >= 0)
            {
                pattern.Append(CultureInfo.InvariantCulture, $"\\k<p{seen}>");
            }
            else
            {
                pattern.Append(CultureInfo.InvariantCulture, $"(?<p{names.Count}>[A-Za-z0-9._=-]+?)");
                names.Add(token.Value);
            }
        }

        var match = Regex.Match(got, pattern.Append(Regex.Escape(wanted[at..])).Append("\\z").ToString(), RegexOptions.None, TimeSpan.FromSeconds(5));
        if (!match.Success)
        {
            return (Difference.Show(wanted), Difference.Show(got));
        }

        for (var i = 0; i < names.Count; i++)
        {
            if (Bind(names[i], match.Groups[$"p{i}"].Value) is { } difference)
            {
                return difference;
            }
        }

        return null;
    }

    private (string, string)? Bind(string name, JsonNode? got)
    {
        if (_values.TryGetValue(name, out var bound))
        {
            return JsonNode.DeepEquals(bound, got) ? null : ($"{name} (= {Plain(bound)})", Difference.Show(got));
        }

        if (got is null or JsonObject or JsonArray || Plain(got).Length == 0)
        {
            return (name, Difference.Show(got));
        }

        var kind = name.TrimEnd("0123456789".ToCharArray());
        var twin = UniqueKinds.Contains(kind)
            ? _values.FirstOrDefault(v => v.Key.TrimEnd("0123456789".ToCharArray()) == kind && JsonNode.DeepEquals(v.Value, got)).Key
            : null;
        _values[name] = got.DeepClone();
        return twin is null ? null : ($"{name} (another value than {twin})", Difference.Show(got));
    }

    private static string Plain(JsonNode node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : node.ToJsonString();

    [GeneratedRegex(@"\$(?:any|time|[A-Za-z]+\d+)")]
    private static partial Regex Token();
}
