using System.Text.Json.Nodes;
using Fleet.KubeSim.Kinds;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Simulation;

namespace Fleet.KubeSim.CustomResources;

/// <summary>Reads the kinds that an established CustomResourceDefinition serves.</summary>
internal static class CustomResourceKinds
{
    public static IEnumerable<ApiResource> Served(JsonObject definition)
    {
        if (Conditions.Find(definition.Map("status") ?? [], "Established").Text("status") != "True")
        {
            yield break;
        }

        var ending = Conditions.Find(definition.Map("status")!, "Terminating").Text("status") == "True";
        var versions = (definition.Map("spec").List("versions") ?? []).OfType<JsonObject>().ToArray();
        var storage = versions.FirstOrDefault(v => v.Flag("storage")).Text("name") ?? "";
        foreach (var version in versions.Where(v => v.Flag("served")))
        {
            if (CustomKind.FromDefinition(definition, version.Text("name") ?? "") is { } kind)
            {
                yield return Resource(kind, version, storage, ending);
            }
        }
    }

    private static ApiResource Resource(CustomKind kind, JsonObject version, string storage, bool ending) => new()
    {
        Group = kind.Group,
        Version = kind.Version,
        Plural = kind.Plural,
        Singular = kind.Singular,
        Kind = kind.Kind,
        ListKind = kind.ListKind,
        Namespaced = kind.Namespaced,
        ShortNames = kind.ShortNames,
        Categories = kind.Categories,
        Verbs = ApiResource.VerbsOfCustomResources,
        Subresources = [.. kind.Subresources.Order(StringComparer.Ordinal).Reverse().Select(s => s == "scale" ? Subresource.Scale() : Subresource.Status(kind.Kind))],
        StorageVersion = storage,
        SelectableFields = [.. (version.List("selectableFields") ?? []).OfType<JsonObject>().Select(f => (f.Text("jsonPath") ?? "").TrimStart('.'))],
        PrinterColumns = [.. (version.List("additionalPrinterColumns") ?? []).OfType<JsonObject>()],
        DeprecationWarning = version.Flag("deprecated")
            ? version.Text("deprecationWarning") ?? $"{kind.Group}/{kind.Version} {kind.Kind} is deprecated"
            : null,
        Rules = kind,
        IsCustom = true,
        IsEnding = ending,
    };
}
