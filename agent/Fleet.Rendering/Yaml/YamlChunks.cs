namespace Fleet.Rendering.Yaml;

/// <summary>
/// Cuts a stream at lines that begin with <c>---</c>, as Kubernetes' decoders do, so that an error in one document
/// hides none in the next.
/// </summary>
internal static class YamlChunks
{
    /// <summary>Documents as text with the number of lines before each; those with nothing but comments and directives are left out.</summary>
    public static IEnumerable<(string Text, int LinesBefore)> Split(string text)
    {
        var start = 0;
        var startLine = 0;
        var line = 0;
        for (var i = 0; i < text.Length; line++)
        {
            var next = text.IndexOf('\n', i);
            var end = next < 0 ? text.Length : next;
            var current = text.AsSpan(i, end - i).TrimEnd('\r');
            if (IsSeparator(current, out var keepsContent))
            {
                if (i > start && HasContent(text.AsSpan(start, i - start))) yield return (text[start..i], startLine);
                (start, startLine) = keepsContent ? (i, line) : (Math.Min(end + 1, text.Length), line + 1);
            }
            i = next < 0 ? text.Length : next + 1;
        }
        if (start < text.Length && HasContent(text.AsSpan(start))) yield return (text[start..], startLine);
    }

    private static bool IsSeparator(ReadOnlySpan<char> line, out bool keepsContent)
    {
        keepsContent = false;
        if (line.StartsWith("---"))
        {
            var rest = line[3..];
            // "--- {a: 1}" and "--- |" carry content of the next document; what sticks to the dashes is dropped, as kubectl does.
            keepsContent = rest.Length > 0 && rest[0] is ' ' or '\t' && rest.Trim() is { Length: > 0 } content && content[0] != '#';
            return true;
        }
        return line.TrimEnd() is "...";
    }

    private static bool HasContent(ReadOnlySpan<char> chunk)
    {
        foreach (var range in chunk.Split('\n'))
        {
            var line = chunk[range].Trim();
            if (line.Length > 0 && line[0] != '#' && !chunk[range].StartsWith("%")) return true;
        }
        return false;
    }
}
