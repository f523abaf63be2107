using System.Globalization;

namespace Fleet.Hub.Api.Decoding;

/// <summary>What an unquoted word means in YAML 1.2's core schema.</summary>
internal static class YamlWords
{
    public static bool IsNull(YamlNode node) => node is YamlScalar { Plain: true, Value: "" or "~" or "null" or "Null" or "NULL" };

    public static bool? Boolean(string word) => word switch
    {
        "true" or "True" or "TRUE" => true,
        "false" or "False" or "FALSE" => false,
        _ => null,
    };

    public static bool IsNumber(string word) =>
        long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)
        || (word.Length > 0
            && (char.IsAsciiDigit(word[0]) || word[0] is '-' or '+' or '.')
            && double.TryParse(word, NumberStyles.Float & ~(NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite), CultureInfo.InvariantCulture, out _))
        || (word.StartsWith("0x", StringComparison.Ordinal) && long.TryParse(word.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _));

    /// <summary>What the node is, for messages: a list, a mapping, a number, …</summary>
    public static string Describe(YamlNode node) => node switch
    {
        YamlMapping => "a mapping",
        YamlSequence => "a list",
        YamlScalar { Plain: true } s when Boolean(s.Value) is not null => "a boolean",
        YamlScalar { Plain: true } s when IsNumber(s.Value) => "a number",
        _ => "a string",
    };
}
