using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Storage;

/// <summary>Volumes of CSI drivers, after apis/core/validation/validation.go.</summary>
internal static class CsiValidation
{
    /// <summary>The name of a driver: a subdomain of at most 63 characters, in any case.</summary>
    public static void DriverName(string name, string field, Findings errors)
    {
        if (name.Length == 0)
        {
            errors.Required(field);
        }

        if (name.Length > 63)
        {
            errors.Add(FieldError.TooLong(field, 63));
        }

        foreach (var why in Names.Subdomain(name.ToLowerInvariant()))
        {
            errors.Add(FieldError.Invalid(field, name, why));
        }
    }

    /// <summary>A volume in a pod.</summary>
    public static void Inline(JsonObject source, string field, Findings errors)
    {
        DriverName(source.Text("driver") ?? "", $"{field}.driver", errors);
        if (source.Map("nodePublishSecretRef") is { } secret)
        {
            if (string.IsNullOrEmpty(secret.Text("name")))
            {
                errors.Required($"{field}.nodePublishSecretRef");
            }
            else
            {
                errors.Check($"{field}.name", secret.Text("name")!, Names.Subdomain);
            }
        }
    }

    /// <summary>The source of a PersistentVolume.</summary>
    public static void Persistent(JsonObject source, string field, Findings errors)
    {
        DriverName(source.Text("driver") ?? "", $"{field}.driver", errors);
        errors.Need($"{field}.volumeHandle", source.Text("volumeHandle"));
        foreach (var name in (string[])["controllerPublishSecretRef", "nodePublishSecretRef", "controllerExpandSecretRef", "nodeExpandSecretRef"])
        {
            if (source.Map(name) is { } secret)
            {
                errors.Need($"{field}.{name}.name", secret.Text("name"));
                errors.Need($"{field}.{name}.namespace", secret.Text("namespace"));
            }
        }
    }
}
