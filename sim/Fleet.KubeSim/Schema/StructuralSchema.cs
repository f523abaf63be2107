using System.Text.Json.Nodes;

namespace Fleet.KubeSim.Schema;

/// <summary>A CRD's openAPIV3Schema, read once: what pruning, defaulting and validation of custom resources go by.</summary>
public sealed class StructuralSchema
{
    private StructuralSchema()
    {
    }

    /// <summary>object, array, string, integer, number, boolean; empty when none is said.</summary>
    public string Type { get; private init; } = "";

    public IReadOnlyDictionary<string, StructuralSchema> Properties { get; private init; } = new Dictionary<string, StructuralSchema>();

    /// <summary>The schema of keys that are no property; null when there is none.</summary>
    public StructuralSchema? AdditionalProperties { get; private init; }

    public bool AllowsAnyAdditional { get; private init; }

    public StructuralSchema? Items { get; private init; }

    public IReadOnlyList<string> Required { get; private init; } = [];

    public IReadOnlyList<JsonNode?>? Enum { get; private init; }

    public bool HasDefault { get; private init; }

    public JsonNode? Default { get; private init; }

    public bool Nullable { get; private init; }

    public bool PreserveUnknown { get; private init; }

    public bool EmbeddedResource { get; private init; }

    public bool IntOrString { get; private init; }

    public string Format { get; private init; } = "";

    public string? Pattern { get; private init; }

    public double? Minimum { get; private init; }

    public double? Maximum { get; private init; }

    public bool ExclusiveMinimum { get; private init; }

    public bool ExclusiveMaximum { get; private init; }

    public double? MultipleOf { get; private init; }

    public long? MinLength { get; private init; }

    public long? MaxLength { get; private init; }

    public long? MinItems { get; private init; }

    public long? MaxItems { get; private init; }

    public bool UniqueItems { get; private init; }

    public long? MinProperties { get; private init; }

    public long? MaxProperties { get; private init; }

    public IReadOnlyList<StructuralSchema> AllOf { get; private init; } = [];

    public IReadOnlyList<StructuralSchema> AnyOf { get; private init; } = [];

    public IReadOnlyList<StructuralSchema> OneOf { get; private init; } = [];

    public StructuralSchema? Not { get; private init; }

    public string ListType { get; private init; } = "";

    public IReadOnlyList<string> ListMapKeys { get; private init; } = [];

    public string MapType { get; private init; } = "";

    public IReadOnlyList<ValidationRule> Rules { get; private init; } = [];

    public static StructuralSchema Read(JsonObject schema)
    {
        var additional = schema["additionalProperties"];
        return new StructuralSchema
        {
            Type = schema.Text("type") ?? "",
            Properties = (schema.Map("properties") ?? []).Where(p => p.Value is JsonObject)
                .ToDictionary(p => p.Key, p => Read((JsonObject)p.Value!), StringComparer.Ordinal),
            AdditionalProperties = additional is JsonObject map ? Read(map) : null,
            AllowsAnyAdditional = additional is JsonValue && schema.Flag("additionalProperties"),
            Items = schema.Map("items") is { } items ? Read(items) : null,
            Required = [.. Texts(schema, "required")],
            Enum = schema.List("enum") is { } values ? [.. values.Select(v => v?.DeepClone())] : null,
            HasDefault = schema["default"] is not null,
            Default = schema["default"]?.DeepClone(),
            Nullable = schema.Flag("nullable"),
            PreserveUnknown = schema.Flag("x-kubernetes-preserve-unknown-fields"),
            EmbeddedResource = schema.Flag("x-kubernetes-embedded-resource"),
            IntOrString = schema.Flag("x-kubernetes-int-or-string"),
            Format = schema.Text("format") ?? "",
            Pattern = schema.Text("pattern"),
            Minimum = Number(schema, "minimum"),
            Maximum = Number(schema, "maximum"),
            ExclusiveMinimum = schema.Flag("exclusiveMinimum"),
            ExclusiveMaximum = schema.Flag("exclusiveMaximum"),
            MultipleOf = Number(schema, "multipleOf"),
            MinLength = schema.Whole("minLength"),
            MaxLength = schema.Whole("maxLength"),
            MinItems = schema.Whole("minItems"),
            MaxItems = schema.Whole("maxItems"),
            UniqueItems = schema.Flag("uniqueItems"),
            MinProperties = schema.Whole("minProperties"),
            MaxProperties = schema.Whole("maxProperties"),
            AllOf = Each(schema, "allOf"),
            AnyOf = Each(schema, "anyOf"),
            OneOf = Each(schema, "oneOf"),
            Not = schema.Map("not") is { } not ? Read(not) : null,
            ListType = schema.Text("x-kubernetes-list-type") ?? "",
            ListMapKeys = [.. Texts(schema, "x-kubernetes-list-map-keys")],
            MapType = schema.Text("x-kubernetes-map-type") ?? "",
            Rules = [.. (schema.List("x-kubernetes-validations") ?? []).OfType<JsonObject>().Select(r => new ValidationRule(
                r.Text("rule") ?? "", r.Text("message") ?? "", r.Text("messageExpression") ?? "", r.Text("reason") ?? "", r.Text("fieldPath") ?? "", r.Flag("optionalOldSelf")))],
        };
    }

    /// <summary>The schema beneath a key; null when the key is not declared.</summary>
    public StructuralSchema? Under(string name) => Properties.GetValueOrDefault(name) ?? AdditionalProperties;

    private static StructuralSchema[] Each(JsonObject schema, string name) => [.. (schema.List(name) ?? []).OfType<JsonObject>().Select(Read)];

    private static IEnumerable<string> Texts(JsonObject schema, string name) => (schema.List(name) ?? []).Select(Json.TextOf).OfType<string>();

    private static double? Number(JsonObject schema, string name) => schema[name] is JsonValue value && Json.ShapeOf(value) is JsonShape.Whole or JsonShape.Fraction
        ? Json.Number(schema[name]!)
        : null;
}

/// <summary>One of x-kubernetes-validations.</summary>
public sealed record ValidationRule(string Rule, string Message, string MessageExpression, string Reason, string FieldPath, bool OptionalOldSelf);
