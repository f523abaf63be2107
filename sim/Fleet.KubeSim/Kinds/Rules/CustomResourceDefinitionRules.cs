using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>CustomResourceDefinitions: names derived, one storage version, structural schemas.</summary>
internal sealed class CustomResourceDefinitionRules : KindRules
{
    public override bool HasGeneration => true;

    public override bool ChecksFinalizerDomains => false;

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

    public override bool ChecksMetadataOnUpdate => false;

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var spec = item.Map("spec") ?? [];
        var (group, names) = (spec.Text("group") ?? "", spec.Map("names") ?? []);
        if (old is null && item.Map("metadata").Text("name") is { } name && name != $"{names.Text("plural")}.{group}")
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

        errors.NeedOneOf("spec.scope", spec.Text("scope"), "Cluster", "Namespaced");
        CrdVersions.Validate(spec, errors);
        CrdNames.Validate(names, "spec.names", needed: true, errors);
        CrdVersions.Shared(spec, errors);
        if (old is not null)
        {
            Update(spec, old, errors);
        }

        CrdNames.Validate(item.Map("status").Map("acceptedNames") ?? [], "status.acceptedNames", needed: false, errors);
        Stored(spec, item.Map("status"), errors);
    }

    private static void Update(JsonObject spec, JsonObject old, Findings errors)
    {
        var before = old.Map("spec") ?? [];
        var (names, known) = (spec.Map("names") ?? [], before.Map("names") ?? []);
        if (old.Map("status").Each("conditions").Any(c => c.Text("type") == "Established" && c.Text("status") == "True"))
        {
            errors.Unchanged("spec.scope", spec["scope"], before["scope"]);
            errors.Unchanged("spec.names.kind", names["kind"], known["kind"]);
        }

        errors.Unchanged("spec.group", spec["group"], before["group"]);
        errors.Unchanged("spec.names.plural", names["plural"], known["plural"]);
    }

    private static void Stored(JsonObject spec, JsonObject? status, Findings errors)
    {
        var stored = status.List("storedVersions") ?? [];
        if (stored.Count == 0)
        {
            errors.Invalid("status.storedVersions", status?["storedVersions"], "must have at least one stored version");
            return;
        }

        foreach (var name in spec.Each("versions").Where(v => v.Flag("storage")).Select(v => v.Text("name")))
        {
            if (!stored.Any(v => Json.TextOf(v) == name))
            {
                errors.Invalid("status.storedVersions", stored, $"must have the storage version {name}");
            }
        }

        for (var i = 0; i < stored.Count; i++)
        {
            var version = Json.TextOf(stored[i]) ?? "";
            if (!spec.Each("versions").Any(v => v.Text("name") == version))
            {
                errors.Invalid($"status.storedVersions[{i}]", version, $"missing from spec.versions; {version} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in {version} and removes {version} from status.storedVersions");
            }
        }
    }
}
