using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Fleet.Rendering.Yaml;

/// <summary>Reads YAML and JSON streams with Kubernetes' rules, and names every document that it cannot read.</summary>
public static class YamlReader
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="utf8">The whole stream.</param>
    /// <param name="limits">Its bounds.</param>
    /// <param name="problems">Takes what could not be read; the documents beside it are returned all the same.</param>
    public static IReadOnlyList<YamlDocument> Read(ReadOnlySpan<byte> utf8, YamlLimits limits, ICollection<YamlProblem> problems)
    {
        if (utf8.StartsWith("\uFEFF"u8)) utf8 = utf8[3..];
        if (utf8.IndexOf((byte)0) is >= 0 and var zero)
        {
            problems.Add(new(PlaceOf(utf8, zero), "the file holds a zero byte: it is binary, or text in UTF-16", "Save it as UTF-8, or exclude it"));
            return [];
        }
        string text;
        try
        {
            text = Strict.GetString(utf8);
        }
        catch (DecoderFallbackException e)
        {
            problems.Add(new(PlaceOf(utf8, Math.Max(0, e.Index)), "the file is not UTF-8", "Save it as UTF-8, or exclude it"));
            return [];
        }
        return Read(text, limits, problems);
    }

    public static IReadOnlyList<YamlDocument> Read(string text, YamlLimits limits, ICollection<YamlProblem> problems)
    {
        // As Kubernetes' decoder does: what begins like JSON is tried as JSON first, and may be a stream of values.
        if (JsonStream.LooksLikeJson(text) && JsonStream.TryRead(text, limits, problems) is { } json) return json;
        var documents = new List<YamlDocument>();
        foreach (var (chunk, before) in YamlChunks.Split(text))
        {
            if (documents.Count >= limits.Documents)
            {
                problems.Add(new(new(before + 1, 1), $"the file holds more than {limits.Documents:N0} documents", "Split the file"));
                break;
            }
            ReadOne(chunk, before, limits, documents, problems);
        }
        return documents;
    }

    private static void ReadOne(string chunk, int before, YamlLimits limits, List<YamlDocument> documents, ICollection<YamlProblem> problems)
    {
        var scanner = new Scanner(new StringReader(BlockScalarBlanks.Mend(chunk)), skipComments: true);
        try
        {
            var parser = new Parser(scanner);
            parser.Consume<StreamStart>();
            while (parser.TryConsume<DocumentStart>(out _))
            {
                var composer = new YamlComposer(parser, before, limits);
                var start = parser.Current!.Start;
                var root = composer.Compose(1);
                parser.Consume<DocumentEnd>();
                if (root is not null) documents.Add(new(root, new((int)start.Line + before, (int)start.Column), composer.Places, composer.Notes));
            }
        }
        catch (ProblemException e)
        {
            problems.Add(e.AsProblem);
        }
        catch (YamlException e)
        {
            var at = e.Start.Line > 0 ? e.Start : e.End;
            problems.Add(new(new(Math.Max(1, (int)at.Line) + before, (int)at.Column), $"this is not YAML: {Words(e)}", Advice(chunk)));
        }
        catch (InvalidOperationException)
        {
            // YamlDotNet's scanner answers some broken flow collections with this instead of a YamlException.
            var at = scanner.CurrentPosition;
            problems.Add(new(new(Math.Max(1, (int)at.Line) + before, (int)at.Column), "this is not YAML: a bracket or a quote is not closed", Advice(chunk)));
        }
    }

    private static string Words(YamlException e) => e.Message.TrimEnd('.', ' ');

    private static string Advice(string chunk) =>
        chunk.Contains("{{", StringComparison.Ordinal) ? "It looks like a template: render it first, or exclude it"
        : chunk.Contains('\t') ? "Indent with spaces: YAML allows no tabs"
        : "Mend the line, or exclude the file";

    private static Place PlaceOf(ReadOnlySpan<byte> utf8, int index)
    {
        var before = utf8[..Math.Min(index, utf8.Length)];
        var line = before.Count((byte)'\n') + 1;
        return new(line, before.Length - before.LastIndexOf((byte)'\n'));
    }
}
