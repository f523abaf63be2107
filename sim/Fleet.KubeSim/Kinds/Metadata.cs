using System.Text;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds;

/// <summary>Validation of metadata, after api/validation/objectmeta.go of apimachinery.</summary>
internal static class Metadata
{
    private const int MaxAnnotationBytes = 256 * 1024;

    /// <summary>What an update may not change, in the server's order.</summary>
    private static readonly string[] Immutable = ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"];

    private static readonly string[] StandardFinalizers = ["kubernetes", "orphan", "foregroundDeletion"];

    /// <summary>The metadata as such.</summary>
    public static void Validate(JsonObject item, bool namespaced, TextRule nameRule, Findings errors)
    {
        var metadata = item.Map("metadata") ?? [];
        var (name, prefix) = (metadata.Text("name") ?? "", metadata.Text("generateName") ?? "");
        if (prefix.Length > 0)
        {
            foreach (var why in nameRule(Names.Prefix(prefix)))
            {
                errors.Add(FieldError.Invalid("metadata.generateName", prefix, why));
            }
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
        if (namespaced)
        {
            errors.Need("metadata.namespace", space, Names.Label);
        }
        else if (space.Length > 0)
        {
            errors.Forbidden("metadata.namespace", "not allowed on this type");
        }

        errors.NotNegative("metadata.generation", metadata.Whole("generation"));
        Labels(metadata.Map("labels"), "metadata.labels", errors);
        Annotations(metadata.Map("annotations"), "metadata.annotations", errors);
        Owners(metadata.List("ownerReferences"), errors);
        Finalizers(metadata.List("finalizers"), errors);
    }

    /// <summary>The change of the metadata.</summary>
    public static void ValidateUpdate(JsonObject item, JsonObject old, Findings errors)
    {
        var (metadata, before) = (item.Map("metadata") ?? [], old.Map("metadata") ?? []);
        if (before["deletionTimestamp"] is not null)
        {
            var known = (before.List("finalizers") ?? []).Select(Json.TextOf).ToHashSet(StringComparer.Ordinal);
            var added = (metadata.List("finalizers") ?? []).Select(f => Json.TextOf(f)!).Where(f => !known.Contains(f))
                .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
            if (added.Length > 0)
            {
                errors.Forbidden("metadata.finalizers", $"no new finalizers can be added if the object is being deleted, found new finalizers []string{{{string.Join(", ", added.Select(GoText.Quote))}}}");
            }
        }

        foreach (var field in Immutable)
        {
            var (value, was) = (metadata[field], before[field]);
            if (!Json.Equal(value, was) && !(field is "deletionTimestamp" or "deletionGracePeriodSeconds" && was is null))
            {
                errors.Invalid($"metadata.{field}", value ?? (field.EndsWith("Seconds", StringComparison.Ordinal) ? null : ""), "field is immutable");
            }
        }

        Labels(metadata.Map("labels"), "metadata.labels", errors);
        Annotations(metadata.Map("annotations"), "metadata.annotations", errors);
        Owners(metadata.List("ownerReferences"), errors);
    }

    /// <summary>Built-in kinds take only the old standard finalizers without a domain.</summary>
    public static void KubeFinalizers(JsonObject item, Findings errors)
    {
        var finalizers = item.Map("metadata").List("finalizers");
        for (var i = 0; i < (finalizers?.Count ?? 0); i++)
        {
            KubeFinalizer(Json.TextOf(finalizers![i]) ?? "", $"metadata.finalizers[{i}]", errors);
        }
    }

    public static void KubeFinalizer(string finalizer, string field, Findings errors)
    {
        if (!finalizer.Contains('/', StringComparison.Ordinal) && !StandardFinalizers.Contains(finalizer))
        {
            errors.Invalid(field, finalizer, "name is neither a standard finalizer name nor is it fully qualified");
        }
    }

    /// <summary>What a custom resource's new finalizers without a domain are answered with.</summary>
    public static IEnumerable<string> FinalizerWarnings(JsonObject item, JsonObject? old)
    {
        var known = (old?.Map("metadata").List("finalizers") ?? []).Select(Json.TextOf).ToHashSet(StringComparer.Ordinal);
        return (item.Map("metadata").List("finalizers") ?? []).Select(f => Json.TextOf(f) ?? "")
            .Where(f => !known.Contains(f) && !f.Contains('/', StringComparison.Ordinal) && !StandardFinalizers.Contains(f))
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(f => $"metadata.finalizers: {GoText.Quote(f)}: prefer a domain-qualified finalizer name {(f.Contains('.', StringComparison.Ordinal) ? "including a path (/) " : "")}to avoid accidental conflicts with other finalizer writers");
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
            // The case of a key does not count.
            errors.Check(field, key, k => Names.QualifiedName(k.ToLowerInvariant()));
            size += Encoding.UTF8.GetByteCount(key) + Encoding.UTF8.GetByteCount(Json.TextOf(value) ?? "");
        }

        if (size > MaxAnnotationBytes)
        {
            errors.Add(FieldError.TooLong(field, MaxAnnotationBytes));
        }
    }

    private static void Owners(JsonArray? owners, Findings errors)
    {
        const string field = "metadata.ownerReferences";
        string? controller = null;
        foreach (var owner in owners?.OfType<JsonObject>() ?? [])
        {
            var (version, kind) = (owner.Text("apiVersion") ?? "", owner.Text("kind") ?? "");
            var (name, slash) = (owner.Text("name") ?? "", version.IndexOf('/', StringComparison.Ordinal));
            if (slash == version.Length - 1)
            {
                errors.Invalid($"{field}.apiVersion", version, "version must not be empty");
            }

            foreach (var (part, value) in ((string, string)[])[("kind", kind), ("name", name), ("uid", owner.Text("uid") ?? "")])
            {
                if (value.Length == 0)
                {
                    errors.Invalid($"{field}.{part}", value, "must not be empty");
                }
            }

            if (version == "v1" && kind == "Event")
            {
                errors.Invalid(field, owner, "/v1, Kind=Event is disallowed from being an owner");
            }

            if (owner.Flag("controller"))
            {
                if (controller is not null)
                {
                    errors.Invalid(field, owners, $"Only one reference can have Controller set to true. Found \"true\" in references for {controller} and {kind}/{name}");
                }

                controller ??= $"{kind}/{name}";
            }
        }
    }

    private static void Finalizers(JsonArray? finalizers, Findings errors)
    {
        foreach (var finalizer in finalizers ?? [])
        {
            errors.Check("metadata.finalizers", Json.TextOf(finalizer) ?? "", Names.QualifiedName);
        }

        var names = (finalizers ?? []).Select(Json.TextOf).ToArray();
        if (names.Contains("orphan") && names.Contains("foregroundDeletion"))
        {
            errors.Invalid("metadata.finalizers", finalizers, "finalizer orphan and foregroundDeletion cannot be both set");
        }
    }
}
