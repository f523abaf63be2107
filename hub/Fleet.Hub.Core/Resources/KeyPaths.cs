using System.Globalization;

namespace Fleet.Hub.Core.Resources;

/// <summary>Writes the paths of keys in one way, so that a validator's violation finds the line that the decoder saw.</summary>
public static class KeyPaths
{
    /// <summary>A field of a message: <c>spec.source</c>.</summary>
    public static string Field(string parent, string name) => parent.Length == 0 ? name : $"{parent}.{name}";

    /// <summary>An element of a list: <c>spec.groups[2]</c>.</summary>
    public static string Item(string parent, int index) => string.Create(CultureInfo.InvariantCulture, $"{parent}[{index}]");

    /// <summary>An entry of a map: <c>metadata.labels.env</c>, or quoted when the key has other characters than letters, digits, - and _.</summary>
    public static string Entry(string parent, string key) =>
        key.Length is > 0 and <= 63 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            ? Field(parent, key)
            : $"{parent}[\"{Quoting.Shorten(key, 80).Replace("\"", "\\\"", StringComparison.Ordinal)}\"]";
}
