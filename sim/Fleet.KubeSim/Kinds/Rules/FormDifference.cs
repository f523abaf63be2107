using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>The unified difference of two values as indented JSON, which messages about immutable specs carry.</summary>
internal static class FormDifference
{
    private const int Context = 3;
    private const int MaxLines = 4000;

    /// <summary>Hunks with three lines of context; empty when there is no difference.</summary>
    public static string Of(JsonObject before, JsonObject after)
    {
        var (left, right) = (Lines(before), Lines(after));
        if (left.Length > MaxLines || right.Length > MaxLines)
        {
            return "";
        }

        var edits = Edits(left, right);
        var text = new StringBuilder();
        for (var i = 0; i < edits.Count;)
        {
            if (edits[i].Kind == ' ')
            {
                i++;
                continue;
            }

            // A hunk ends where more than twice the context is unchanged.
            var (start, end, last) = (Math.Max(0, i - Context), i, i);
            while (end < edits.Count && end - last <= 2 * Context)
            {
                last = edits[end].Kind == ' ' ? last : end;
                end++;
            }

            end = Math.Min(edits.Count, last + Context + 1);
            var hunk = edits[start..end];
            text.Append(CultureInfo.InvariantCulture, $"@@ -{hunk[0].Left + 1},{hunk.Count(e => e.Kind != '+')} +{hunk[0].Right + 1},{hunk.Count(e => e.Kind != '-')} @@\n");
            foreach (var edit in hunk)
            {
                text.Append(edit.Kind).Append(edit.Line).Append('\n');
            }

            i = end;
        }

        return text.ToString();
    }

    /// <summary>The shortest edit that turns the one into the other; removals before additions.</summary>
    private static List<(char Kind, string Line, int Left, int Right)> Edits(string[] left, string[] right)
    {
        var common = new int[left.Length + 1, right.Length + 1];
        for (var l = left.Length - 1; l >= 0; l--)
        {
            for (var r = right.Length - 1; r >= 0; r--)
            {
                common[l, r] = left[l] == right[r] ? common[l + 1, r + 1] + 1 : Math.Max(common[l + 1, r], common[l, r + 1]);
            }
        }

        var edits = new List<(char, string, int, int)>();
        for (int l = 0, r = 0; l < left.Length || r < right.Length;)
        {
            if (l < left.Length && r < right.Length && left[l] == right[r])
            {
                edits.Add((' ', left[l], l++, r++));
            }
            else if (l < left.Length && (r == right.Length || common[l + 1, r] >= common[l, r + 1]))
            {
                edits.Add(('-', left[l], l++, r));
            }
            else
            {
                edits.Add(('+', right[r], l, r++));
            }
        }

        return edits;
    }

    private static string[] Lines(JsonObject value)
    {
        var text = new StringBuilder();
        Write(value, 0, text);
        return text.ToString().Split('\n');
    }

    /// <summary>JSON with one blank of indent a level, empty lists and maps on one line.</summary>
    private static void Write(JsonNode? node, int depth, StringBuilder text)
    {
        switch (node)
        {
            case JsonObject { Count: > 0 } map:
                text.Append('{');
                Items(map.Count, i =>
                {
                    var (name, child) = map.GetAt(i);
                    Json.Write(JsonValue.Create(name), text);
                    text.Append(": ");
                    Write(child, depth + 1, text);
                });
                text.Append('}');
                break;
            case JsonArray { Count: > 0 } list:
                text.Append('[');
                Items(list.Count, i => Write(list[i], depth + 1, text));
                text.Append(']');
                break;
            default:
                Json.Write(node, text);
                break;
        }

        void Items(int count, Action<int> write)
        {
            for (var i = 0; i < count; i++)
            {
                text.Append(i == 0 ? "\n" : ",\n").Append(' ', depth + 1);
                write(i);
            }

            text.Append('\n').Append(' ', depth);
        }
    }
}
