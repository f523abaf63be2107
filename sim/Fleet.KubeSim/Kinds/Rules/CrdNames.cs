using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>The names of a custom kind, after apis/apiextensions/validation/validation.go.</summary>
internal static class CrdNames
{
    private const string MixedCase = "may have mixed case, but should otherwise match: ";

    public static void Validate(JsonObject names, string field, bool needed, Findings errors)
    {
        foreach (var name in needed ? (string[])["plural", "singular", "kind", "listKind"] : [])
        {
            errors.Need($"{field}.{name}", names.Text(name));
        }

        foreach (var name in (string[])["plural", "singular", "kind", "listKind"])
        {
            var text = names.Text(name) ?? "";
            var mixed = name is "kind" or "listKind";
            if (text.Length > 0 && Names.Label1035(mixed ? text.ToLowerInvariant() : text) is { Count: > 0 } why)
            {
                errors.Invalid($"{field}.{name}", text, (mixed ? MixedCase : "") + string.Join(",", why));
            }
        }

        Labels("shortNames");
        if (names.Text("kind") is { Length: > 0 } kind && kind == names.Text("listKind"))
        {
            errors.Invalid($"{field}.listKind", kind, "kind and listKind may not be the same");
        }

        Labels("categories");

        void Labels(string list)
        {
            var texts = names.List(list) ?? [];
            for (var i = 0; i < texts.Count; i++)
            {
                var text = Json.TextOf(texts[i]) ?? "";
                if (Names.Label1035(text) is { Count: > 0 } why)
                {
                    errors.Invalid($"{field}.{list}[{i}]", text, string.Join(",", why));
                }
            }
        }
    }
}
