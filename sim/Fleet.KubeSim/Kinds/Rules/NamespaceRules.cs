using System.Text.Json.Nodes;
using Fleet.KubeSim.Fields;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>Namespaces: labelled with their name, held by the kubernetes finalizer until emptied.</summary>
internal sealed class NamespaceRules : KindRules
{
    private static readonly FieldSet FinalizeResets = FieldSet.Of(FieldPath.Of("status"));

    public override TextRule NameRule => Names.Label;

    public override void Default(JsonObject item)
    {
        var metadata = item.MapOrNew("metadata");
        if (metadata.Text("name") is { Length: > 0 } name)
        {
            metadata.MapOrNew("labels")["kubernetes.io/metadata.name"] = name;
        }

        item.MapOrNew("status").FillText("phase", "Active");
    }

    public override void PrepareForCreate(JsonObject item, bool hasStatus, DateTimeOffset now)
    {
        item["status"] = new JsonObject { ["phase"] = "Active" };
        var spec = item.MapOrNew("spec");
        var finalizers = spec.List("finalizers") ?? [];
        if (!finalizers.Any(f => Json.TextOf(f) == "kubernetes"))
        {
            spec["finalizers"] = new JsonArray([.. finalizers.Select(f => f?.DeepClone()), "kubernetes"]);
        }
    }

    public override void PrepareForUpdate(JsonObject item, JsonObject old, bool hasStatus)
    {
        // Finalizers are changed through /finalize alone.
        base.PrepareForUpdate(item, old, hasStatus);
        Keep(item.MapOrNew("spec"), old.MapOrNew("spec"), "finalizers");
    }

    public override bool ChecksMetadataOnUpdate => false;

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        foreach (var finalizer in old is null ? item.Map("spec").List("finalizers") ?? [] : [])
        {
            errors.Check("spec.finalizers", Json.TextOf(finalizer) ?? "", Names.QualifiedName);
            Metadata.KubeFinalizer(Json.TextOf(finalizer) ?? "", "spec.finalizers", errors);
        }
    }

    public override void ValidateStatus(JsonObject item, JsonObject old, Findings errors)
    {
        var deleted = item.Map("metadata")?["deletionTimestamp"] is not null;
        var phase = item.Map("status").Text("phase") ?? "";
        if (phase != (deleted ? "Terminating" : "Active"))
        {
            errors.Invalid("status.Phase", phase, deleted
                ? "may only be 'Terminating' if `deletionTimestamp` is not empty"
                : "may only be 'Active' if `deletionTimestamp` is empty");
        }
    }

    public override FieldSet? Resets(string subresource, bool hasStatus) =>
        subresource == "finalize" ? FinalizeResets : base.Resets(subresource, hasStatus);
}
