namespace Fleet.Hub.Api.Decoding;

/// <summary>A place in a file, both counted from 1.</summary>
internal readonly record struct YamlMark(int Line, int Column);
