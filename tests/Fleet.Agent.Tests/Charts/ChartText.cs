using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace Fleet.Agent.Tests.Charts;

/// <summary>
/// As much of Go's templates and Sprig's functions as our charts use, so that tests judge what the chart really installs.
/// Anything else in a template throws: then this, or the chart, must be changed.
/// </summary>
internal sealed partial class ChartText
{
    private readonly Dictionary<string, JsonNode?> _variables = new(StringComparer.Ordinal);
    private readonly List<(bool IsCode, string Text)> _parts = [];
    private readonly JsonObject _root;
    private int _at;

    private ChartText(string template, JsonObject root)
    {
        _root = root;
        var at = 0;
        foreach (Match m in Code().Matches(template))
        {
            var text = template[at..m.Index];
            if (m.Groups[1].Length > 0) text = text.TrimEnd();
            if (_parts.Count > 0 && _parts[^1] is (true, var before) && before.EndsWith('\u0001')) text = text.TrimStart();
            _parts.Add((false, text));
            _parts.Add((true, m.Groups[2].Value.Trim() + (m.Groups[3].Length > 0 ? "\u0001" : "")));
            at = m.Index + m.Length;
        }
        var last = template[at..];
        _parts.Add((false, _parts.Count > 0 && _parts[^1].Text.EndsWith('\u0001') ? last.TrimStart() : last));
    }

    /// <summary>All templates of a chart, with values laid over its own.</summary>
    public static string Render(string chart, string ns, JsonObject values)
    {
        var folder = Path.Combine(Root(), "charts", chart);
        var all = Yaml(File.ReadAllText(Path.Combine(folder, "values.yaml")))!.AsObject();
        Merge(all, values);
        var root = new JsonObject
        {
            ["Values"] = all,
            ["Release"] = new JsonObject { ["Namespace"] = ns, ["Name"] = chart },
            ["Chart"] = Pascal(Yaml(File.ReadAllText(Path.Combine(folder, "Chart.yaml")))!.AsObject()),
        };
        var texts = Directory.EnumerateFiles(Path.Combine(folder, "templates")).Order(StringComparer.Ordinal).Select(f => new ChartText(File.ReadAllText(f), root).Run());
        return string.Join("\n---\n", texts.Where(t => t.Trim().Length > 0));
    }

    public static IEnumerable<JsonObject> Documents(string yaml)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(yaml));
        return [.. stream.Documents.Select(d => Json(d.RootNode)).OfType<JsonObject>()];
    }

    public static JsonNode? Yaml(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return stream.Documents.Count == 0 ? null : Json(stream.Documents[0].RootNode);
    }

    private string Run()
    {
        var text = new StringBuilder();
        Block(_root, text, true);
        return text.ToString();
    }

    /// <summary>Runs to the matching end or else, and says which it was.</summary>
    private string Block(JsonNode? dot, StringBuilder to, bool active)
    {
        for (; _at < _parts.Count; _at++)
        {
            var (isCode, text) = _parts[_at];
            if (!isCode)
            {
                if (active) to.Append(text);
                continue;
            }
            var code = text.TrimEnd('\u0001');
            var word = code.Split(' ')[0];
            switch (word)
            {
                case "end" or "else":
                    return word;
                case "if" or "with" or "range":
                    Branch(word, code[word.Length..].Trim(), dot, to, active);
                    break;
                case var _ when code.StartsWith("/*", StringComparison.Ordinal):
                    break;
                case var _ when code.StartsWith('$') && code.Contains(":=", StringComparison.Ordinal):
                    if (active) _variables[word] = Value(code[(code.IndexOf(":=", StringComparison.Ordinal) + 2)..], dot);
                    break;
                default:
                    if (active) to.Append(Text(Value(code, dot)));
                    break;
            }
        }
        return "";
    }

    private void Branch(string word, string code, JsonNode? dot, StringBuilder to, bool active)
    {
        var value = active ? Value(code, dot) : null;
        var start = ++_at;
        if (word == "range")
        {
            var items = value is JsonArray { Count: > 0 } list ? list.ToList() : [];
            if (items.Count == 0) Block(dot, to, false);
            foreach (var item in items)
            {
                _at = start;
                Block(item, to, true);
            }
            return;
        }
        var yes = active && Truth(value);
        if (Block(word == "with" && yes ? value : dot, to, yes) != "else") return;
        _at++;
        Block(dot, to, active && !yes);
    }

    private JsonNode? Value(string code, JsonNode? dot)
    {
        var tokens = new Queue<string>(Token().Matches(code).Select(m => m.Value));
        var value = Pipe(tokens, dot);
        return tokens.Count == 0 ? value : throw new NotSupportedException(code);
    }

    private JsonNode? Pipe(Queue<string> tokens, JsonNode? dot)
    {
        JsonNode? value = null;
        for (var first = true; ; first = false)
        {
            var words = new List<JsonNode?>();
            string? function = null;
            while (tokens.TryPeek(out var token) && token is not ("|" or ")"))
            {
                tokens.Dequeue();
                if (token == "(")
                {
                    words.Add(Pipe(tokens, dot));
                    if (tokens.Dequeue() != ")") throw new NotSupportedException("unbalanced");
                }
                else if (words.Count == 0 && function is null && char.IsLetter(token[0]) && token is not ("true" or "false"))
                {
                    function = token;
                }
                else
                {
                    words.Add(Term(token, dot));
                }
            }
            if (!first) words.Add(value);
            value = function is null ? words.Single() : Call(function, words);
            if (!tokens.TryPeek(out var next) || next == ")") return value;
            tokens.Dequeue();
        }
    }

    private JsonNode? Term(string token, JsonNode? dot)
    {
        if (token[0] == '"') return Regex.Unescape(token[1..^1]);
        if (token is "true" or "false") return token == "true";
        if (int.TryParse(token, CultureInfo.InvariantCulture, out var n)) return n;
        var (from, path) = token[0] == '$'
            ? (token.Contains('.') && token.IndexOf('.') == 1 || token == "$" ? _root : _variables[token.Split('.')[0]], token.Contains('.') ? token[(token.IndexOf('.') + 1)..] : "")
            : token[0] == '.' ? (dot, token[1..]) : throw new NotSupportedException(token);
        foreach (var name in path.Split('.', StringSplitOptions.RemoveEmptyEntries)) from = (from as JsonObject)?[name];
        return from;
    }

    private static JsonNode? Call(string function, List<JsonNode?> a) => function switch
    {
        "required" => Truth(a[1]) ? a[1] : throw new InvalidOperationException(Text(a[0])),
        "fail" => throw new InvalidOperationException(Text(a[0])),
        "default" => Truth(a[1]) ? a[1] : a[0],
        "not" => !Truth(a[0]),
        "or" => a.FirstOrDefault(Truth) ?? a[^1],
        "and" => a.FirstOrDefault(x => !Truth(x)) ?? a[^1],
        "eq" => Text(a[0]) == Text(a[1]),
        "hasPrefix" => Text(a[1]).StartsWith(Text(a[0]), StringComparison.Ordinal),
        "ternary" => Truth(a[2]) ? a[0] : a[1],
        "quote" => JsonValue.Create(Text(a[0])).ToJsonString(),
        "printf" => string.Format(CultureInfo.InvariantCulture, Regex.Replace(Text(a[0]), "%s", "{0}"), Text(a[1])),
        "toJson" => a[0]?.ToJsonString() ?? "null",
        "toYaml" => a[0] switch
        {
            JsonArray list => string.Join('\n', list.Select(i => "- " + i!.ToJsonString())),
            JsonObject map => string.Join('\n', map.Select(p => $"{p.Key}: {p.Value?.ToJsonString() ?? "null"}")),
            var other => other?.ToJsonString() ?? "null",
        },
        "nindent" => string.Concat(Text(a[1]).Split('\n').Select(l => "\n" + new string(' ', (int)a[0]!) + l)),
        _ => throw new NotSupportedException(function),
    };

    private static bool Truth(JsonNode? value) => value switch
    {
        null => false,
        JsonArray list => list.Count > 0,
        JsonObject map => map.Count > 0,
        _ => Text(value) is not ("" or "false" or "0"),
    };

    private static string Text(JsonNode? value) => value is null ? "" : value is JsonValue v && v.TryGetValue<string>(out var s) ? s : value.ToJsonString();

    private static void Merge(JsonObject into, JsonObject over)
    {
        foreach (var (key, value) in over)
        {
            if (into[key] is JsonObject mine && value is JsonObject theirs) Merge(mine, theirs);
            else into[key] = value?.DeepClone();
        }
    }

    private static JsonObject Pascal(JsonObject chart) => new(chart.Select(p => KeyValuePair.Create(char.ToUpperInvariant(p.Key[0]) + p.Key[1..], p.Value?.DeepClone())));

    private static JsonNode? Json(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(p => KeyValuePair.Create(((YamlScalarNode)p.Key).Value!, Json(p.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(Json)]),
        YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain } s when s.Value is "true" or "false" => s.Value == "true",
        YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain } s when int.TryParse(s.Value, CultureInfo.InvariantCulture, out var n) => n,
        YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain, Value: "" or "null" or "~" } => null,
        YamlScalarNode s => s.Value,
        _ => throw new NotSupportedException(node.ToString()),
    };

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Fleet.sln"))) folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("not in the repository");
        return folder;
    }

    [GeneratedRegex(@"\{\{(-?)(.*?)(-?)\}\}", RegexOptions.Singleline)]
    private static partial Regex Code();

    [GeneratedRegex("""
        "(?:[^"\\]|\\.)*"|[()|]|[^\s()|]+
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Token();
}
