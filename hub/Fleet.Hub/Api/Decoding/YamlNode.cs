namespace Fleet.Hub.Api.Decoding;

/// <summary>A value in a file, and where it stands.</summary>
/// <param name="Mark">Its first character.</param>
/// <param name="Size">Nodes below and with it, aliases written out.</param>
internal abstract record YamlNode(YamlMark Mark, int Size);

/// <summary>A single value. <paramref name="Plain"/>: not quoted, so that it may be a number, a boolean or null.</summary>
internal sealed record YamlScalar(YamlMark Mark, string Value, bool Plain) : YamlNode(Mark, 1);

/// <summary>A list.</summary>
internal sealed record YamlSequence(YamlMark Mark, int Size, IReadOnlyList<YamlNode> Items) : YamlNode(Mark, Size);

/// <summary>Keys and values, in the order of the file.</summary>
internal sealed record YamlMapping(YamlMark Mark, int Size, IReadOnlyList<YamlEntry> Entries) : YamlNode(Mark, Size)
{
    /// <summary>The first entry of that key, or null.</summary>
    public YamlEntry? Find(string key) => Entries.FirstOrDefault(e => e.Key == key);
}

/// <summary>One key and its value.</summary>
internal sealed record YamlEntry(string Key, YamlMark KeyMark, YamlNode Value);
