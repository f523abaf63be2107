using System.Globalization;
using Fleet.Hub.Core.Resources;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Fleet.Hub.Api.Decoding;

/// <summary>
/// Reads a file of YAML documents (or JSON, its subset) into nodes that remember their places. YamlDotNet's
/// deserialiser forgets them and builds whatever aliases stand for, so its event parser is used.
/// </summary>
internal sealed class YamlReader
{
    private readonly string _file;
    private readonly ViolationList _violations;
    private readonly Dictionary<string, YamlNode> _anchors = new(StringComparer.Ordinal);
    private readonly IParser _parser;
    private int _nodes;

    private YamlReader(string file, string content, ViolationList violations)
    {
        _file = file;
        _violations = violations;
        _parser = new Parser(new Scanner(new StringReader(content), skipComments: true));
    }

    /// <summary>The documents of a file that could be read, without empty ones; mistakes go to the list.</summary>
    public static IReadOnlyList<YamlNode> Read(string file, string content, ViolationList violations)
    {
        var documents = new List<YamlNode>();
        var reader = new YamlReader(file, content, violations);
        try
        {
            reader.ReadDocuments(documents);
        }
        catch (YamlException e)
        {
            // The parser places a tab's consequences, not the tab.
            if (TabIndentation(content) is { } tab)
            {
                violations.Add(file, tab, "", "The line is indented with a tab, which YAML does not take: use spaces. What follows in this file was not read.");
            }
            else
            {
                violations.Add(file, At(e.Start), "", $"This is not YAML: {Sentence(e)} What follows in this file was not read.");
            }
        }
        catch (UnreadableException e)
        {
            violations.Add(file, e.Mark, "", e.Message);
        }

        return documents;
    }

    private void ReadDocuments(List<YamlNode> documents)
    {
        while (_parser.MoveNext())
        {
            if (_parser.Current is not DocumentStart)
            {
                continue;
            }

            _anchors.Clear();
            _parser.MoveNext();
            var node = ReadNode(0);
            if (node is not YamlScalar { Plain: true, Value: "" or "null" or "~" })
            {
                documents.Add(node);
            }
        }
    }

    private YamlNode ReadNode(int depth)
    {
        var current = _parser.Current!;
        var mark = At(current.Start);
        if (depth > DecodeLimits.MaxDepth)
        {
            throw new UnreadableException(mark, $"Values are nested more than {DecodeLimits.MaxDepth} deep: no resource is. Look for a bracket that is never closed.");
        }

        Count(1, mark);
        switch (current)
        {
            case AnchorAlias alias:
                if (!_anchors.TryGetValue(alias.Value.Value, out var shared))
                {
                    throw new UnreadableException(mark, $"*{Quoting.Shorten(alias.Value.Value, 60)} stands for nothing: write the value out, or put &{Quoting.Shorten(alias.Value.Value, 60)} before it further up in the same document.");
                }

                Count(shared.Size, mark);
                return shared;
            case YamlDotNet.Core.Events.Scalar scalar:
                CheckTag(scalar, mark);
                return Keep(scalar, new YamlScalar(mark, scalar.Value, IsPlain(scalar)));
            case SequenceStart sequence:
                CheckTag(sequence, mark);
                return Keep(sequence, ReadSequence(mark, depth));
            case MappingStart mapping:
                CheckTag(mapping, mark);
                return Keep(mapping, ReadMapping(mark, depth));
            default:
                throw new UnreadableException(mark, "This is not YAML: a value was expected here.");
        }
    }

    private YamlSequence ReadSequence(YamlMark mark, int depth)
    {
        var items = new List<YamlNode>();
        var size = 1;
        while (Next() is not SequenceEnd)
        {
            var item = ReadNode(depth + 1);
            size += item.Size;
            items.Add(item);
        }

        return new YamlSequence(mark, size, items);
    }

    private YamlMapping ReadMapping(YamlMark mark, int depth)
    {
        var entries = new List<YamlEntry>();
        var seen = new Dictionary<string, YamlMark>(StringComparer.Ordinal);
        var size = 1;
        while (Next() is not MappingEnd)
        {
            var keyMark = At(_parser.Current!.Start);
            var key = ReadNode(depth + 1) as YamlScalar;
            Next();
            var value = ReadNode(depth + 1);
            size += 1 + value.Size;
            if (key is null)
            {
                _violations.Add(_file, keyMark, "", "A key must be a single word here, not a list or a mapping. A value that starts with { or [ needs quotes.");
            }
            else if (!seen.TryAdd(key.Value, keyMark))
            {
                _violations.Add(_file, keyMark, key.Value, $"{Quoting.Quote(key.Value)} stands twice in the same mapping, first in line {seen[key.Value].Line}: remove one of them.");
            }
            else
            {
                entries.Add(new YamlEntry(key.Value, keyMark, value));
            }
        }

        return new YamlMapping(mark, size, entries);
    }

    private ParsingEvent Next() => _parser.MoveNext()
        ? _parser.Current!
        : throw new UnreadableException(default, "The file ends in the middle of a value.");

    private YamlNode Keep(NodeEvent node, YamlNode value)
    {
        if (!node.Anchor.IsEmpty)
        {
            _anchors[node.Anchor.Value] = value;
        }

        return value;
    }

    private void Count(int nodes, YamlMark mark)
    {
        _nodes = checked(_nodes + nodes);
        if (_nodes > DecodeLimits.MaxNodes)
        {
            throw new UnreadableException(mark, $"The file stands for more than {DecodeLimits.MaxNodes.ToString("N0", CultureInfo.InvariantCulture)} values when its aliases (*name) are written out. Split it, or use fewer aliases.");
        }
    }

    private void CheckTag(NodeEvent node, YamlMark mark)
    {
        var tag = node.Tag.IsEmpty ? "" : node.Tag.Value;
        if (tag is not ("" or "!" or "tag:yaml.org,2002:str" or "tag:yaml.org,2002:map" or "tag:yaml.org,2002:seq"
            or "tag:yaml.org,2002:int" or "tag:yaml.org,2002:bool" or "tag:yaml.org,2002:null"))
        {
            _violations.Add(_file, mark, "", $"The tag {Quoting.Quote(tag)} means nothing here: remove it.");
        }
    }

    private static bool IsPlain(YamlDotNet.Core.Events.Scalar scalar) =>
        scalar.Style == ScalarStyle.Plain && (scalar.Tag.IsEmpty || scalar.Tag.Value is not ("!" or "tag:yaml.org,2002:str"));

    private static YamlMark? TabIndentation(string content)
    {
        var line = 0;
        foreach (var text in content.AsSpan().EnumerateLines())
        {
            line++;
            var indentation = text[..(text.Length - text.TrimStart(" \t").Length)];
            if (indentation.IndexOf('\t') is >= 0 and var column)
            {
                return new YamlMark(line, column + 1);
            }
        }

        return null;
    }

    private static YamlMark At(Mark mark) => new((int)mark.Line, (int)mark.Column);

    private static string Sentence(YamlException e)
    {
        var text = Quoting.Shorten((e.InnerException ?? e).Message, 200).Trim();
        return text.EndsWith('.') ? text : text + ".";
    }

    /// <summary>The rest of a file cannot be read; caught in <see cref="Read"/>.</summary>
    private sealed class UnreadableException(YamlMark mark, string message) : Exception(message)
    {
        public YamlMark Mark { get; } = mark;
    }
}
