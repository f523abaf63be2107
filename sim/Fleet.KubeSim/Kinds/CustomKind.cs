using System.Text.Json.Nodes;
using Fleet.KubeSim.Fields;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds;

/// <summary>A kind that a CustomResourceDefinition declares, in one of its versions.</summary>
public sealed class CustomKind : KindDefinition
{
    private static readonly FieldSet Status = FieldSet.Of(FieldPath.Of("status"));
    private static readonly FieldSet Spec = FieldSet.Of(FieldPath.Of("spec"));
    private static readonly Lazy<TypeSchema> ObjectMeta = new(() => TypeTable.Type("meta/v1.ObjectMeta"));

    private readonly StructuralSchema _structure;
    private readonly bool _prunes;
    private readonly bool _celRules;
    private readonly IReadOnlyDictionary<string, Lazy<TypeSchema>> _versions;

    private CustomKind(JsonObject? schema, bool preserves, IReadOnlyDictionary<string, Lazy<TypeSchema>> versions)
    {
        _versions = versions;
        Schema = preserves ? OpenApiTypes.Resource(null) : OpenApiTypes.Resource(schema);
        _structure = StructuralSchema.Read(schema ?? []);
        Declared = preserves ? null : (JsonObject?)schema?.DeepClone();
        _celRules = CelValidation.HasRules(_structure);
        _prunes = !preserves && schema is not null;
    }

    public override bool IsCustom => true;

    public override TypeSchema Schema { get; }

    public override bool HasGeneration => true;

    /// <summary>The schema as its definition declares it, which is also how it is published.</summary>
    internal JsonObject? Declared { get; }

    /// <summary>Where the scale subresource finds replicas, such as .spec.replicas; null without one.</summary>
    public string? SpecReplicasPath { get; private init; }

    public string? StatusReplicasPath { get; private init; }

    public string? LabelSelectorPath { get; private init; }

    /// <summary>The kind of a version of a CRD (as stored, with defaults); null when the version is not there.</summary>
    public static CustomKind? FromDefinition(JsonObject crd, string version)
    {
        var spec = crd.Map("spec") ?? [];
        if ((spec.List("versions") ?? []).OfType<JsonObject>().FirstOrDefault(v => v.Text("name") == version) is not { } served)
        {
            return null;
        }

        var names = spec.Map("names") ?? [];
        var kind = names.Text("kind") ?? "";
        var scale = served.Map("subresources").Map("scale");
        var subresources = new List<string>(2);
        if (scale is not null)
        {
            subresources.Add("scale");
        }

        if (served.Map("subresources")?.ContainsKey("status") == true)
        {
            subresources.Add("status");
        }

        // Copies, so that the types outlive the CRD's nodes; each is built when first asked for.
        var versions = (spec.List("versions") ?? []).OfType<JsonObject>().ToDictionary(
            v => $"{spec.Text("group")}/{v.Text("name")}",
            v =>
            {
                var schema = spec.Flag("preserveUnknownFields") ? null : (JsonObject?)v.Map("schema").Map("openAPIV3Schema")?.DeepClone();
                return new Lazy<TypeSchema>(() => OpenApiTypes.Resource(schema));
            },
            StringComparer.Ordinal);
        return new CustomKind(served.Map("schema").Map("openAPIV3Schema"), spec.Flag("preserveUnknownFields"), versions)
        {
            Group = spec.Text("group") ?? "",
            Version = version,
            Kind = kind,
            Plural = names.Text("plural") ?? "",
            Singular = names.Text("singular") ?? kind.ToLowerInvariant(),
            ListKind = names.Text("listKind") ?? kind + "List",
            ShortNames = Texts(names, "shortNames"),
            Categories = Texts(names, "categories"),
            Namespaced = spec.Text("scope") != "Cluster",
            Subresources = subresources,
            SpecReplicasPath = scale.Text("specReplicasPath"),
            StatusReplicasPath = scale.Text("statusReplicasPath"),
            LabelSelectorPath = scale.Text("labelSelectorPath"),
        };
    }

    public override JsonObject Zero() => new() { ["apiVersion"] = ApiVersion, ["kind"] = Kind };

    public override JsonObject Decode(JsonObject sent, DecodeReport report)
    {
        var item = (JsonObject)sent.DeepClone();
        if (item.Map("metadata") is { } metadata)
        {
            var meta = new DecodeReport();
            item["metadata"] = GoDecoder.Decode(ObjectMeta.Value, metadata, meta);
            foreach (var error in meta.StrictErrors)
            {
                report.AddStrict(error.Replace("unknown field \"", "unknown field \"metadata.", StringComparison.Ordinal));
            }
        }

        if (_prunes)
        {
            foreach (var path in StructuralPruning.Prune(_structure, item))
            {
                report.AddUnknown(path);
            }

            StructuralDefaults.Fill(_structure, item);
        }

        return item;
    }

    public override void PrepareForCreate(JsonObject item, DateTimeOffset now)
    {
        if (HasStatus)
        {
            item.Remove("status");
        }
    }

    public override void PrepareForUpdate(JsonObject item, JsonObject old, string subresource, DateTimeOffset now)
    {
        if (subresource == "status")
        {
            // Only the status comes in, and who owns it.
            var status = item["status"]?.DeepClone();
            var had = item.ContainsKey("status");
            var owners = item.Map("metadata")?["managedFields"]?.DeepClone();
            var version = item.Map("metadata")?["resourceVersion"]?.DeepClone();
            item.Clear();
            foreach (var (name, node) in old)
            {
                if (name != "status")
                {
                    item[name] = node?.DeepClone();
                }
            }

            if (had)
            {
                item["status"] = status;
            }

            var metadata = item.MapOrNew("metadata");
            Set(metadata, "managedFields", owners);
            Set(metadata, "resourceVersion", version);
        }
        else if (HasStatus)
        {
            if (old.TryGetPropertyValue("status", out var kept))
            {
                item["status"] = kept?.DeepClone();
            }
            else
            {
                item.Remove("status");
            }
        }
    }

    public override IReadOnlyList<FieldError> ValidateCreate(JsonObject item) => Validate(item, null, "");

    public override IReadOnlyList<FieldError> ValidateUpdate(JsonObject item, JsonObject old, string subresource) => Validate(item, old, subresource);

    /// <summary>All but metadata counts, and the status where it has its own subresource.</summary>
    public override bool RaisesGeneration(JsonObject item, JsonObject old) =>
        item.Select(p => p.Key).Union(old.Select(p => p.Key))
            .Any(n => n != "metadata" && !(n == "status" && HasStatus) && !Json.Equal(item[n], old[n]));

    public override FieldSet? Resets(string subresource) => subresource == "status" ? Spec : HasStatus ? Status : null;

    public override IEnumerable<string> Warnings(JsonObject item, JsonObject? old)
    {
        var warnings = Metadata.FinalizerWarnings(item, old).ToList();
        if (_celRules && old is not null)
        {
            CelValidation.Validate(_structure, item, old, new Findings(), warnings);
        }

        return warnings;
    }

    protected override TypeSchema? SchemaOf(string apiVersion) => _versions.TryGetValue(apiVersion, out var known) ? known.Value : null;

    private IReadOnlyList<FieldError> Validate(JsonObject item, JsonObject? old, string subresource)
    {
        var errors = new Findings();
        if (old is not null)
        {
            // Twice, as the server: what holds for all kinds, and again for custom resources; each error counts as a cause.
            Metadata.Validate(item, Namespaced, Names.PathSegment, errors);
            Metadata.ValidateUpdate(item, old, errors);
            Metadata.ValidateUpdate(item, old, errors);
        }
        else
        {
            Metadata.Validate(item, Namespaced, Names.Subdomain, errors);
        }

        if (subresource == "status")
        {
            if (item.TryGetPropertyValue("status", out var status) && _structure.Under("status") is { } below)
            {
                StructuralValidation.Validate(below, status, Slot.Under(old, "status"), "status", errors);
            }
        }
        else
        {
            StructuralValidation.Validate(_structure, item, old is null ? Slot.Absent : Slot.Of(old), "", errors);
            ScaleSize(SpecReplicasPath, item, errors);
        }

        ScaleSize(StatusReplicasPath, item, errors);
        Shape(item, old, subresource, errors);
        if (_celRules)
        {
            if (errors.Errors.Any(e => e.Reason is FieldErrorReason.NotSupported or FieldErrorReason.Required or FieldErrorReason.TooLong or FieldErrorReason.TooMany or FieldErrorReason.TypeInvalid))
            {
                errors.Invalid("<nil>", null, "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation");
            }
            else
            {
                CelValidation.Validate(_structure, item, old, errors, []);
            }
        }

        return errors.Errors;
    }

    /// <summary>What a schema's list types and embedded resources ask for; an old object that broke it may go on.</summary>
    private void Shape(JsonObject item, JsonObject? old, string subresource, Findings errors)
    {
        if (subresource != "status")
        {
            EmbeddedResources.Validate(_structure, item, "", errors);
        }

        var known = new Findings();
        StructuralLists.Validate(_structure, old, "", known);
        if (known.Errors.Count == 0)
        {
            StructuralLists.Validate(_structure, item, "", errors);
        }
    }

    /// <summary>The scale subresource's numbers, which messages name by their path as declared.</summary>
    private static void ScaleSize(string? path, JsonObject item, Findings errors)
    {
        if (path is null)
        {
            return;
        }

        JsonNode? node = item;
        foreach (var name in path.TrimStart('.').Split('.'))
        {
            node = (node as JsonObject)?[name];
        }

        if (node is not null && Json.TryWhole(node, out var size))
        {
            if (size < 0)
            {
                errors.Invalid(path, size, "should be a non-negative integer");
            }
            else if (size > int.MaxValue)
            {
                errors.Invalid(path, size, $"should be less than or equal to {int.MaxValue}");
            }
        }
    }

    private static void Set(JsonObject map, string name, JsonNode? value)
    {
        if (value is null)
        {
            map.Remove(name);
        }
        else
        {
            map[name] = value;
        }
    }

    private static string[] Texts(JsonObject map, string name) => [.. (map.List(name) ?? []).Select(Json.TextOf).OfType<string>()];
}
