using System.Text;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds;

/// <summary>Validation of metadata, the same for all kinds.</summary>
internal static class Metadata
{
    private const int MaxAnnotationBytes = 256 * 1024;

    /// <summary>What an update may not change, in the server's order.</summary>
    private static readonly string[] Immutable = ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"];

    private static readonly string[] StandardFinalizers = ["kubernetes", "orphan", "foregroundDeletion"];

    public static void Validate(JsonObject item, JsonObject? old, bool namespaced, Func<string, string?> nameRule, Findings errors)
    {
        var metadata = item.Map("metadata") ?? [];
        Body(metadata, namespaced, nameRule, errors);
        if (old is not null)
        {
            Update(metadata, old.Map("metadata") ?? [], errors);
        }
    }

    public static void Labels(JsonObject? labels, string field, Findings errors)
    {
        foreach (var (key, value) in labels ?? [])
        {
            errors.Check(field, key, Names.QualifiedName);
            if (Json.TextOf(value) is { } text)
            {
                errors.Check(field, text, Names.LabelValue);
            }
        }
    }

    public static void Annotations(JsonObject? annotations, string field, Findings errors)
    {
        var size = 0;
        foreach (var (key, value) in annotations ?? [])
        {
            // Keys may have upper case in their prefix, as the server allows for old ones.
            errors.Check(field, key, k => Names.QualifiedName(k.ToLowerInvariant()) is null ? null : Names.QualifiedName(k));
            size += Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(Json.TextOf(value) ?? "");
        }

        if (size > MaxAnnotationBytes)
        {
            errors.Add(FieldError.TooLong(field, MaxAnnotationBytes));
        }
    }

    private static void Body(JsonObject metadata, bool namespaced, Func<string, string?> nameRule, Findings errors)
    {
        var (name, prefix) = (metadata.Text("name") ?? "", metadata.Text("generateName") ?? "");
        if (prefix.Length > 0 && nameRule(Names.Prefix(prefix)) is { } badPrefix)
        {
            errors.Add(FieldError.Invalid("metadata.generateName", prefix, badPrefix));
        }

        if (name.Length == 0)
        {
            errors.Required("metadata.name", "name or generateName is required");
        }
        else
        {
            errors.Check("metadata.name", name, nameRule);
        }

        var space = metadata.Text("namespace") ?? "";
        if (namespaced && space.Length == 0)
        {
            errors.Required("metadata.namespace");
        }
        else if (namespaced)
        {
            errors.Check("metadata.namespace", space, Names.Label);
        }
        else if (space.Length > 0)
        {
            errors.Forbidden("metadata.namespace", "not allowed on this type");
        }

        Labels(metadata.Map("labels"), "metadata.labels", errors);
        Annotations(metadata.Map("annotations"), "metadata.annotations", errors);
        Owners(metadata.List("ownerReferences"), errors);
        Finalizers(metadata.List("finalizers"), errors);
    }

    private static void Owners(JsonArray? owners, Findings errors)
    {
        var controllers = 0;
        for (var i = 0; i < (owners?.Count ?? 0); i++)
        {
            var (owner, field) = (owners![i] as JsonObject, $"metadata.ownerReferences[{i}]");
            foreach (var (name, words) in ((string, string)[])[("apiVersion", "version must not be empty"), ("kind", "must not be empty"), ("name", "must not be empty"), ("uid", "must not be empty")])
            {
                if (string.IsNullOrEmpty(owner.Text(name)))
                {
                    errors.Invalid($"{field}.{name}", owner.Text(name) ?? "", words);
                }
            }

            controllers += owner.Flag("controller") ? 1 : 0;
        }

        if (controllers > 1)
        {
            errors.Invalid("metadata.ownerReferences", owners!.DeepClone(), "Only one reference can have Controller set to true");
        }
    }

    private static void Finalizers(JsonArray? finalizers, Findings errors)
    {
        for (var i = 0; i < (finalizers?.Count ?? 0); i++)
        {
            var finalizer = Json.TextOf(finalizers![i]) ?? "";
            errors.Check("metadata.finalizers", finalizer, Names.QualifiedName);
            if (!finalizer.Contains('/', StringComparison.Ordinal) && !StandardFinalizers.Contains(finalizer))
            {
                errors.Invalid($"metadata.finalizers[{i}]", finalizer, "name is neither a standard finalizer name nor is it fully qualified");
            }
        }
    }

    private static void Update(JsonObject metadata, JsonObject old, Findings errors)
    {
        foreach (var field in Immutable)
        {
            var (value, before) = (metadata[field], old[field]);
            if (!Json.Equal(value, before) && !(field is "deletionTimestamp" or "deletionGracePeriodSeconds" && before is null))
            {
                errors.Invalid($"metadata.{field}", value ?? (field.EndsWith("Seconds", StringComparison.Ordinal) ? null : ""), "field is immutable");
            }
        }

        if (old["deletionTimestamp"] is not null)
        {
            var known = (old.List("finalizers") ?? []).Select(Json.TextOf).ToHashSet(StringComparer.Ordinal);
            var added = (metadata.List("finalizers") ?? []).Select(f => Json.TextOf(f)!).Where(f => !known.Contains(f)).ToArray();
            if (added.Length > 0)
            {
                errors.Forbidden("metadata.finalizers", $"no new finalizers can be added if the object is being deleted, found new finalizers []string{{{string.Join(", ", added.Select(GoText.Quote))}}}");
            }
        }
    }
}
