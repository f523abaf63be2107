using System.Globalization;
using Fleet.Hub.Core.Resources;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Hub.Api.Decoding;

/// <summary>Reads single values: strings, integers, booleans, times.</summary>
internal static class ScalarDecoder
{
    /// <summary>True for messages that are written as one value.</summary>
    public static bool IsScalar(FieldDescriptor field) =>
        field.FieldType != FieldType.Message || field.MessageType.FullName == Timestamp.Descriptor.FullName;

    /// <summary>What the field takes, for messages.</summary>
    public static string Wanted(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.Bool => "true or false",
        FieldType.Int32 => "a whole number",
        FieldType.Message => "a time such as 2026-01-31T08:00:00Z",
        _ => "a string",
    };

    /// <summary>The value, or what is wrong with it.</summary>
    public static (object? Value, string? Problem) Decode(FieldDescriptor field, YamlScalar scalar) => field.FieldType switch
    {
        FieldType.String => String(scalar),
        FieldType.Bool => Boolean(scalar),
        FieldType.Int32 => Integer(scalar),
        FieldType.Message => Time(scalar),
        _ => throw new NotSupportedException($"{field.FullName}: resources have no fields of type {field.FieldType}."),
    };

    // As Kubernetes: 1.10 without quotes is the number 1.1, and nobody who wrote it as a version meant that.
    private static (object?, string?) String(YamlScalar scalar)
    {
        var word = scalar.Value;
        return scalar.Plain && (YamlWords.Boolean(word) is not null || YamlWords.IsNumber(word))
            ? (null, $"{Quoting.Shorten(word, 60)} without quotes is {YamlWords.Describe(scalar)} in YAML, and a string is wanted: write \"{Quoting.Shorten(word, 60)}\".")
            : (word, null);
    }

    private static (object?, string?) Boolean(YamlScalar scalar) => scalar.Plain && YamlWords.Boolean(scalar.Value) is { } value
        ? (value, null)
        : (null, $"{Quoting.Quote(scalar.Value)} is not a boolean: write true or false, without quotes.");

    private static (object?, string?) Integer(YamlScalar scalar)
    {
        if (scalar.Plain && int.TryParse(scalar.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value))
        {
            return (value, null);
        }

        return scalar.Plain && YamlWords.IsNumber(scalar.Value)
            ? (null, $"{Quoting.Shorten(scalar.Value, 60)} is not a whole number from {int.MinValue} to {int.MaxValue}.")
            : (null, $"{Quoting.Quote(scalar.Value)} is not a number: write digits without quotes.");
    }

    private static (object?, string?) Time(YamlScalar scalar) =>
        DateTimeOffset.TryParse(scalar.Value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? (Timestamp.FromDateTimeOffset(time), null)
            : (null, $"{Quoting.Quote(scalar.Value)} is not a time: write it as 2026-01-31T08:00:00Z.");
}
