using System.Text;
using System.Text.RegularExpressions;

namespace Fleet.KubeSim.Tests.Kubectl;

/// <summary>A script of kubectl commands, each with what a real cluster answers.</summary>
/// <remarks>
/// <c>$ kubectl …</c> is a command (quoted as in a shell), followed by its standard output; <c>! </c> begins a line of standard error, <c>? N</c>
/// is the exit code when it is not 0, <c># </c> a comment, and <c>= NAME</c> with lines beginning with <c>| </c> a file. In what is expected
/// <c>[...]</c> stands for any text in a line, <c>...</c> alone for any lines, <c>[age]</c>, <c>[id]</c>, <c>[ip]</c> and <c>[time]</c> for one; several blanks are as good as one.
/// </remarks>
internal static partial class KubectlScript
{
    public static (IReadOnlyDictionary<string, string> Files, IReadOnlyList<ScriptStep> Steps) Read(IEnumerable<string> lines)
    {
        var files = new Dictionary<string, StringBuilder>(StringComparer.Ordinal);
        var steps = new List<ScriptStep>();
        StringBuilder? file = null;
        foreach (var line in lines)
        {
            switch (line)
            {
                case ['#', ..]:
                    break;
                case ['=', ' ', .. var name]:
                    files[name] = file = new();
                    break;
                case ['|', ..] when file is not null:
                    file.Append(line.Length > 2 ? line[2..] : "").Append('\n');
                    break;
                case ['$', ' ', .. var command]:
                    steps.Add(new(command));
                    break;
                case ['!', ..]:
                    steps[^1].Errors.Add(line.Length > 2 ? line[2..] : "");
                    break;
                case ['?', ' ', .. var code]:
                    steps[^1].ExitCode = int.Parse(code, System.Globalization.CultureInfo.InvariantCulture);
                    break;
                default:
                    if (steps.Count > 0)
                    {
                        steps[^1].Output.Add(line);
                    }

                    break;
            }
        }

        return (files.ToDictionary(f => f.Key, f => f.Value.ToString()), steps);
    }

    /// <summary>The words of a command, as a shell would part them.</summary>
    public static string[] Words(string command) =>
        [.. Word().Matches(command).Select(m => string.Concat(Piece().Matches(m.Value).Select(p => p.Value is ['\'', .. var quoted, '\''] ? quoted : p.Value)))];

    public static bool Matches(IReadOnlyList<string> expected, string got)
    {
        var pattern = new StringBuilder("^");
        foreach (var line in expected.Reverse().SkipWhile(l => l.Length == 0).Reverse())
        {
            pattern.Append(line == "..." ? "(?:.*\n)*?" : Line(line) + "[ \t]*\n");
        }

        var text = string.Join('\n', got.Split('\n')).TrimEnd('\n');
        return Regex.IsMatch(text.Length == 0 ? "" : text + "\n", pattern.Append('$').ToString(), RegexOptions.None, TimeSpan.FromSeconds(10));
    }

    private static string Line(string expected)
    {
        var pattern = new StringBuilder();
        foreach (var part in Placeholder().Split(expected.TrimEnd()))
        {
            pattern.Append(part switch
            {
                "[...]" => ".*",
                "[age]" => @"(?:<unknown>|(?:\d+[smhdy])+)",
                "[id]" => "[0-9a-z-]+",
                "[ip]" => @"[0-9a-f.:]+",
                "[time]" => @"(?:[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} 20\d\d \d\d:\d\d:\d\d [+-]\d{4}|20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d))",
                _ => Blanks().Replace(Regex.Escape(part).Replace("\\ ", " ", StringComparison.Ordinal).Replace("\\t", " ", StringComparison.Ordinal), @"\s+"),
            });
        }

        return pattern.ToString();
    }

    [GeneratedRegex(@"(?:'[^']*'|\S)+")]
    private static partial Regex Word();

    [GeneratedRegex(@"'[^']*'|[^']+")]
    private static partial Regex Piece();

    [GeneratedRegex(@"(\[(?:\.\.\.|age|id|ip|time)\])")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"[ \t]+")]
    private static partial Regex Blanks();
}

/// <summary>One command and what it must answer.</summary>
internal sealed record ScriptStep(string Command)
{
    public List<string> Output { get; } = [];

    public List<string> Errors { get; } = [];

    public int ExitCode { get; set; }
}
