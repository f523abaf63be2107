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

    public override FieldSet? Resets(string subresource, bool hasStatus) =>
        subresource == "finalize" ? FinalizeResets : base.Resets(subresource, hasStatus);
}
