using System.Text;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>ConfigMaps: keys of files, one MiB, immutable on request.</summary>
internal sealed class ConfigMapRules : KindRules
{
    private const int MaxBytes = 1024 * 1024;

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        if (old is not null && old.Flag("immutable"))
        {
            ImmutableContent.Check(item, old, ["data", "binaryData"], errors);
        }

        var (data, binary) = (item.Map("data"), item.Map("binaryData"));
        var size = 0L;
        foreach (var (key, value) in data ?? [])
        {
            errors.Check($"data[{key}]", key, Names.ConfigKey);
            if (binary is not null && binary.ContainsKey(key))
            {
                errors.Invalid($"data[{key}]", key, "duplicate of key present in binaryData");
            }

            size += Encoding.UTF8.GetByteCount(Json.TextOf(value) ?? "");
        }

        foreach (var (key, value) in binary ?? [])
        {
            errors.Check($"binaryData[{key}]", key, Names.ConfigKey);
            size += (Json.TextOf(value)?.Length ?? 0) / 4 * 3;
        }

        if (size > MaxBytes)
        {
            errors.Add(FieldError.TooLong("[]", MaxBytes));
        }
    }
}

/// <summary>What may not change once immutable is set.</summary>
internal static class ImmutableContent
{
    private const string Words = "field is immutable when `immutable` is set";

    public static void Check(JsonObject item, JsonObject old, ReadOnlySpan<string> fields, Findings errors)
    {
        if (!item.Flag("immutable"))
        {
            errors.Forbidden("immutable", Words);
        }

        foreach (var field in fields)
        {
            if (!Json.Equal(item[field], old[field]))
            {
                errors.Forbidden(field, Words);
            }
        }
    }
}
