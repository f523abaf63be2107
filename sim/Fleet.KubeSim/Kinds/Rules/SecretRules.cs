using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>Secrets: stringData is folded into data, the type is fixed and asks for its keys.</summary>
internal sealed class SecretRules : KindRules
{
    private const int MaxBytes = 1024 * 1024;

    public override void Default(JsonObject item)
    {
        item.FillText("type", "Opaque");
        if (item.Map("stringData") is { Count: > 0 } texts)
        {
            var data = item.MapOrNew("data");
            foreach (var (key, value) in texts)
            {
                data[key] = Convert.ToBase64String(Encoding.UTF8.GetBytes(Json.TextOf(value) ?? ""));
            }
        }

        item.Remove("stringData");
    }

    public override void PrepareForUpdate(JsonObject item, JsonObject old, bool hasStatus)
    {
        base.PrepareForUpdate(item, old, hasStatus);
        item.FillText("type", old.Text("type") ?? "Opaque");
    }

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        if (old is not null)
        {
            errors.Unchanged("type", item["type"]?.DeepClone(), old["type"]);
            if (old.Flag("immutable"))
            {
                ImmutableContent.Check(item, old, ["data"], errors);
            }
        }

        var data = item.Map("data") ?? [];
        var size = 0L;
        foreach (var (key, value) in data)
        {
            errors.Check($"data[{key}]", key, Names.ConfigKey);
            size += (Json.TextOf(value)?.Length ?? 0) / 4 * 3;
        }

        if (size > MaxBytes)
        {
            errors.Add(FieldError.TooLong("data", MaxBytes));
        }

        Keys(item, data, errors);
    }

    private static void Keys(JsonObject item, JsonObject data, Findings errors)
    {
        switch (item.Text("type"))
        {
            case "kubernetes.io/tls":
                Need(data, errors, "tls.crt", "tls.key");
                break;
            case "kubernetes.io/ssh-auth":
                Need(data, errors, "ssh-privatekey");
                break;
            case "kubernetes.io/basic-auth":
                if (!data.ContainsKey("username") && !data.ContainsKey("password"))
                {
                    errors.Required("data[username]");
                    errors.Required("data[password]");
                }

                break;
            case "kubernetes.io/dockerconfigjson":
                Json64(data, ".dockerconfigjson", errors);
                break;
            case "kubernetes.io/dockercfg":
                Json64(data, ".dockercfg", errors);
                break;
            case "kubernetes.io/service-account-token":
                if (string.IsNullOrEmpty(item.Map("metadata").Map("annotations").Text("kubernetes.io/service-account.name")))
                {
                    errors.Required("metadata.annotations[kubernetes.io/service-account.name]");
                }

                break;
            default:
                break;
        }
    }

    private static void Need(JsonObject data, Findings errors, params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            if (!data.ContainsKey(key))
            {
                errors.Required($"data[{key}]");
            }
        }
    }

    private static void Json64(JsonObject data, string key, Findings errors)
    {
        if (data.Text(key) is not { } encoded)
        {
            errors.Required($"data[{key}]");
            return;
        }

        try
        {
            JsonNode.Parse(Convert.FromBase64String(encoded));
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            // The content is a secret, so the server shows a placeholder.
            errors.Invalid($"data[{key}]", "<secret contents redacted>", "invalid character looking for beginning of value");
        }
    }
}
