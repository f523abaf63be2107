using System.Text;
using System.Text.RegularExpressions;

namespace Fleet.Rendering.Yaml;

/// <summary>
/// Empties the blank lines at the head of block scalars. YamlDotNet 16 refuses a literal whose first line holds nothing but
/// its indentation ("found extra spaces in first line"), which is sound YAML and which Helm charts write often; the spaces
/// mean nothing there. Lines inside a scalar's content are left alone: there they do.
/// </summary>
internal static partial class BlockScalarBlanks
{
    public static string Mend(string chunk)
    {
        StringBuilder? mended = null;
        var copied = 0;
        var parent = -2;     // indentation of the node that holds the scalar; -2 outside of one
        var inHead = false;  // before the scalar's first line with content
        var width = 0;       // of a stated indentation
        for (var i = 0; i < chunk.Length;)
        {
            var next = chunk.IndexOf('\n', i);
            var end = next < 0 ? chunk.Length : next;
            var line = chunk.AsSpan(i, end - i).TrimEnd('\r');
            var indent = line.Length - line.TrimStart(' ').Length;
            var blank = indent == line.Length;
            if (blank)
            {
                if (parent > -2 && inHead && indent > 0 && (width == 0 || indent <= Math.Max(parent, 0) + width))
                {
                    (mended ??= new(chunk.Length)).Append(chunk, copied, i - copied);
                    copied = i + indent;
                }
            }
            else if (parent > -2 && indent > parent)
            {
                inHead = false;
            }
            else
            {
                parent = -2;
                if (Header().Match(line.ToString()) is { Success: true } header)
                {
                    (parent, inHead) = (Parent(line, header), true);
                    width = header.Groups["width"].Value is { Length: > 0 } w ? w[0] - '0' : 0;
                }
            }
            i = end + 1;
        }
        return mended is null ? chunk : mended.Append(chunk, copied, chunk.Length - copied).ToString();
    }

    private static int Parent(ReadOnlySpan<char> line, Match header)
    {
        if (line.StartsWith("---")) return -1;
        var at = line.Length - line.TrimStart(' ').Length;
        var dash = -1;
        while (at + 1 < line.Length && line[at] == '-' && line[at + 1] == ' ')
        {
            dash = at++;
            while (at < line.Length && line[at] == ' ') at++;
        }
        // "- |" belongs to the dash, "- key: |" to the key, and "|" alone to whatever began in the lines above.
        if (at < header.Groups["mark"].Index) return at;
        return dash >= 0 ? dash : at - 1;
    }

    [GeneratedRegex(@"(?:^\s*|[:?-]\s+)(?:[&!]\S*\s+)*(?<mark>[|>])(?:[-+]?(?<width>[1-9])?[-+]?)\s*(?:\s#.*)?$")]
    private static partial Regex Header();
}
