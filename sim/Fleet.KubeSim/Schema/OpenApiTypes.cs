using System.Text.Json.Nodes;

namespace Fleet.KubeSim.Schema;

/// <summary>Types of custom resources, as server-side apply derives them from a CRD's schema.</summary>
public static class OpenApiTypes
{
    private static readonly Lazy<TypeSchema> ObjectMeta = new(() => TypeTable.Type("meta/v1.ObjectMeta"));

    /// <summary>The type of a custom resource, with apiVersion, kind and metadata; without a schema anything goes.</summary>
    public static TypeSchema Resource(JsonObject? openApiSchema)
    {
        var schema = StructuralSchema.Read(openApiSchema ?? new JsonObject { ["type"] = "object", ["x-kubernetes-preserve-unknown-fields"] = true });
        return Object(schema, embedded: true);
    }

    private static TypeSchema Of(StructuralSchema schema)
    {
        if (schema.IntOrString)
        {
            return TypeSchema.OfScalar(ScalarKind.Untyped, "");
        }

        switch (schema.Type)
        {
            case "object":
                return Object(schema, schema.EmbeddedResource);
            case "array":
                var list = new TypeSchema { AllowsList = true, ListElement = schema.Items is { } items ? Of(items) : TypeSchema.Any };
                return schema.ListType switch
                {
                    "set" => list.WithListRule(ListRule.Set, []),
                    "map" => list.WithListRule(ListRule.Map, schema.ListMapKeys),
                    _ => list,
                };
            case "string":
                return TypeSchema.OfScalar(ScalarKind.Text, "string");
            case "integer" or "number":
                return TypeSchema.OfScalar(ScalarKind.Numeric, "number");
            case "boolean":
                return TypeSchema.OfScalar(ScalarKind.Boolean, "bool");
            default:
                return TypeSchema.Any;
        }
    }

    private static TypeSchema Object(StructuralSchema schema, bool embedded)
    {
        var fields = schema.Properties.Where(p => !embedded || p.Key is not ("apiVersion" or "kind" or "metadata"))
            .Select(p => new SchemaField(p.Key, Of(p.Value)) { KeyDefault = p.Value.Default })
            .ToList();
        if (embedded)
        {
            fields.Add(new SchemaField("apiVersion", TypeSchema.OfScalar(ScalarKind.Text, "string")));
            fields.Add(new SchemaField("kind", TypeSchema.OfScalar(ScalarKind.Text, "string")));
            fields.Add(new SchemaField("metadata", ObjectMeta.Value));
        }

        // An object of which nothing is said is free-form.
        var free = schema.PreserveUnknown || schema.AllowsAnyAdditional || (schema.AdditionalProperties is null && schema.Properties.Count == 0 && !embedded);
        var type = new TypeSchema
        {
            AllowsMap = true,
            AtomicMap = schema.MapType == "atomic",
            MapElement = schema.AdditionalProperties is { } additional ? Of(additional) : free ? TypeSchema.Any : null,
        };
        type.SetFields(fields);
        return type;
    }
}
