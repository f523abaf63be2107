using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>CustomResourceDefinitions: names derived, one storage version, structural schemas.</summary>
internal sealed class CustomResourceDefinitionRules : KindRules
{
    public override bool HasGeneration => true;

    public override void Default(JsonObject item)
    {
        var spec = item.MapOrNew("spec");
        var names = spec.MapOrNew("names");
        if (names.Text("kind") is { Length: > 0 } kind)
        {
            names.FillText("singular", kind.ToLowerInvariant());
            names.FillText("listKind", kind + "List");
        }

        var conversion = spec.MapOrNew("conversion");
        conversion.FillText("strategy", "None");
        conversion.Map("webhook").Map("clientConfig").Map("service")?.Fill("port", 443);
        if (Json.IsNullOrEmpty(item.Map("status")?["storedVersions"])
            && spec.Each("versions").FirstOrDefault(v => v.Flag("storage")) is { } storage)
        {
            item.MapOrNew("status")["storedVersions"] = new JsonArray(storage.Text("name"));
        }
    }

    public override void PrepareForCreate(JsonObject item, bool hasStatus, DateTimeOffset now)
    {
        // Storage of the version named so begins with the object itself.
        var stored = item.Map("spec").Each("versions").Where(v => v.Flag("storage")).Take(1).Select(v => (JsonNode?)v.Text("name")).ToArray();
        item["status"] = new JsonObject
        {
            ["conditions"] = null,
            ["acceptedNames"] = new JsonObject { ["plural"] = "", ["kind"] = "" },
            ["storedVersions"] = stored.Length > 0 ? new JsonArray(stored) : null,
        };
    }

    public override void PrepareForUpdate(JsonObject item, JsonObject old, bool hasStatus)
    {
        base.PrepareForUpdate(item, old, hasStatus);
        var status = item.MapOrNew("status");
        foreach (var version in item.Map("spec").Each("versions").Where(v => v.Flag("storage")).Take(1).Select(v => v.Text("name")))
        {
            var stored = status.List("storedVersions") ?? [];
            if (!stored.Any(v => Json.TextOf(v) == version))
            {
                status["storedVersions"] = new JsonArray([.. stored.Select(v => v?.DeepClone()), version]);
            }
        }
    }

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var spec = item.Map("spec") ?? [];
        var (group, names) = (spec.Text("group") ?? "", spec.Map("names") ?? []);
        var wanted = $"{names.Text("plural")}.{group}";
        if (item.Map("metadata").Text("name") is { } name && name != wanted)
        {
            errors.Invalid("metadata.name", name, "must be spec.names.plural+\".\"+spec.group");
        }

        if (group.Length == 0)
        {
            errors.Required("spec.group");
        }
        else if (Names.Subdomain(group) is { Count: > 0 } why)
        {
            errors.Invalid("spec.group", group, string.Join(",", why));
        }
        else if (group.Split('.').Length < 2)
        {
            errors.Invalid("spec.group", group, "should be a domain with at least one dot");
        }

        errors.OneOf("spec.scope", spec.Text("scope") ?? "", "Cluster", "Namespaced");
        Versions(spec, item.Map("status"), errors);
        CrdSchemas.Validate(spec, errors);
    }

    private static void Versions(JsonObject spec, JsonObject? status, Findings errors)
    {
        var storage = spec.Each("versions").Where(v => v.Flag("storage")).ToArray();
        if (storage.Length != 1)
        {
            errors.Invalid("spec.versions", CrdInternals.Versions(spec), "must have exactly one version marked as storage version");
        }

        var stored = status.List("storedVersions") ?? [];
        if (storage.LastOrDefault().Text("name") is { } name && !stored.Any(v => Json.TextOf(v) == name))
        {
            errors.Invalid("status.storedVersions", stored.DeepClone(), $"must have the storage version {name}");
        }

        for (var i = 0; i < stored.Count; i++)
        {
            if (!spec.Each("versions").Any(v => v.Text("name") == Json.TextOf(stored[i])))
            {
                errors.Invalid($"status.storedVersions[{i}]", stored[i]?.DeepClone(), "must appear in spec.versions");
            }
        }
    }
}
