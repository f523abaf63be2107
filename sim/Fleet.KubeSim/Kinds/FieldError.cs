using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds;

/// <summary>What is wrong with a field: the reason of a Status cause.</summary>
public enum FieldErrorReason
{
    Required,
    Invalid,
    NotSupported,
    Duplicate,
    Forbidden,
    NotFound,
    TooLong,
    TooMany,
    TypeInvalid,
}

/// <summary>One validation error, worded as the real server words it.</summary>
/// <param name="Field">The field's path, such as spec.ports[0].port.</param>
/// <param name="Reason">What kind of error it is.</param>
/// <param name="Message">The cause's message, such as Invalid value: 0: must be between 1 and 65535, inclusive.</param>
public sealed record FieldError(string Field, FieldErrorReason Reason, string Message)
{
    /// <summary>The reason as a Status cause carries it, such as FieldValueInvalid.</summary>
    public string CauseReason => $"FieldValue{Reason}";

    public static FieldError Required(string field, string detail = "") =>
        new(field, FieldErrorReason.Required, detail.Length == 0 ? "Required value" : $"Required value: {detail}");

    public static FieldError Invalid(string field, JsonNode? value, string detail) =>
        new(field, FieldErrorReason.Invalid, $"Invalid value: {Shown(value)}{Detail(detail)}");

    public static FieldError Invalid(string field, string value, string detail) =>
        new(field, FieldErrorReason.Invalid, $"Invalid value: {GoText.Quote(value)}{Detail(detail)}");

    /// <summary>The value is one of the server's internal structs, given as it prints them.</summary>
    public static FieldError InvalidRaw(string field, string shown, string detail) =>
        new(field, FieldErrorReason.Invalid, $"Invalid value: {shown}{Detail(detail)}");

    public static FieldError TypeInvalid(string field, JsonNode? value, string detail) =>
        new(field, FieldErrorReason.TypeInvalid, $"Invalid value: {Shown(value)}{Detail(detail)}");

    public static FieldError NotSupported(string field, JsonNode? value, params ReadOnlySpan<string> supported) =>
        new(field, FieldErrorReason.NotSupported, $"Unsupported value: {Shown(value)}: supported values: {Listed(supported)}");

    public static FieldError Duplicate(string field, JsonNode? value) =>
        new(field, FieldErrorReason.Duplicate, $"Duplicate value: {Shown(value)}");

    public static FieldError Forbidden(string field, string detail) =>
        new(field, FieldErrorReason.Forbidden, $"Forbidden: {detail}");

    public static FieldError NotFound(string field, JsonNode? value) =>
        new(field, FieldErrorReason.NotFound, $"Not found: {Shown(value)}");

    public static FieldError TooLong(string field, int bytes) =>
        new(field, FieldErrorReason.TooLong, $"Too long: may not be more than {bytes} {(bytes == 1 ? "byte" : "bytes")}");

    public static FieldError TooMany(string field, int actual, int most) =>
        new(field, FieldErrorReason.TooMany, $"Too many: {actual}: must have at most {most} {(most == 1 ? "item" : "items")}");

    /// <summary>The errors as one text, each once: a single one plain, several in brackets.</summary>
    public static string Summary(IReadOnlyList<FieldError> errors)
    {
        var texts = errors.Select(e => $"{e.Field}: {e.Message}").Distinct(StringComparer.Ordinal).ToArray();
        return texts.Length == 1 ? texts[0] : $"[{string.Join(", ", texts)}]";
    }

    private static string Detail(string detail) => detail.Length == 0 ? "" : $": {detail}";

    private static string Listed(ReadOnlySpan<string> values)
    {
        var quoted = new string[values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            quoted[i] = GoText.Quote(values[i]);
        }

        return string.Join(", ", quoted);
    }

    private static string Shown(JsonNode? value) => Json.TextOf(value) is { } text ? GoText.Quote(text) : Json.Encode(value);
}
