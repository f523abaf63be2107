using System.Text.Json.Nodes;
using Fleet.KubeSim.Kinds;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Discovery;

/// <summary>One OpenAPI v3 document: the paths and the schemas of a group and version.</summary>
internal static class OpenApiDocument
{
    public static JsonObject Of(IReadOnlyList<ApiResource> resources)
    {
        var schemas = new JsonObject();
        var paths = new JsonObject();
        foreach (var resource in resources.Where(r => r.Rules is not null))
        {
            var name = SchemaName(resource);
            var writer = new SchemaWriter(schemas);
            var schema = resource.Definition is CustomKind { Declared: { } declared } ? writer.Publish(declared) : writer.Inline(resource.Definition.Schema);
            schema["x-kubernetes-group-version-kind"] = new JsonArray(Kind(resource));
            schemas[name] = schema;
            foreach (var (path, operations) in Paths(resource, name))
            {
                paths[path] = operations;
            }
        }

        return new JsonObject
        {
            ["openapi"] = "3.0.0",
            ["info"] = new JsonObject { ["title"] = "Kubernetes", ["version"] = "v1.36.2" },
            ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = schemas },
        };
    }

    private static IEnumerable<(string Path, JsonObject Operations)> Paths(ApiResource resource, string schema)
    {
        var root = resource.Group.Length == 0 ? $"/api/{resource.Version}" : $"/apis/{resource.GroupVersion}";
        var collection = resource.Namespaced ? $"{root}/namespaces/{{namespace}}/{resource.Plural}" : $"{root}/{resource.Plural}";
        yield return (collection, new JsonObject { ["get"] = Operation(resource, schema, "list"), ["post"] = Operation(resource, schema, "post") });
        yield return ($"{collection}/{{name}}", new JsonObject
        {
            ["get"] = Operation(resource, schema, "get"),
            ["put"] = Operation(resource, schema, "put"),
            ["patch"] = Operation(resource, schema, "patch"),
            ["delete"] = Operation(resource, schema, "delete"),
        });
    }

    /// <summary>kubectl looks for the parameters dryRun and fieldValidation here before it uses them.</summary>
    private static JsonObject Operation(ApiResource resource, string schema, string action)
    {
        var parameters = new JsonArray();
        if (action is "post" or "put" or "patch" or "delete")
        {
            foreach (var name in action == "delete" ? (string[])["dryRun"] : ["dryRun", "fieldManager", "fieldValidation"])
            {
                parameters.Add(new JsonObject { ["name"] = name, ["in"] = "query", ["schema"] = new JsonObject { ["type"] = "string", ["uniqueItems"] = true } });
            }
        }

        return new JsonObject
        {
            ["x-kubernetes-action"] = action,
            ["x-kubernetes-group-version-kind"] = Kind(resource),
            ["parameters"] = parameters,
            ["responses"] = new JsonObject
            {
                ["200"] = new JsonObject
                {
                    ["description"] = "OK",
                    ["content"] = new JsonObject
                    {
                        ["application/json"] = new JsonObject { ["schema"] = new JsonObject { ["$ref"] = $"#/components/schemas/{schema}" } },
                    },
                },
            },
        };
    }

    private static string SchemaName(ApiResource resource) =>
        resource.IsCustom
            ? $"{string.Join('.', resource.Group.Split('.').Reverse())}.{resource.Version}.{resource.Kind}"
            : $"io.k8s.api.{(resource.Group.Length == 0 ? "core" : resource.Group.Split('.')[0])}.{resource.Version}.{resource.Kind}";

    private static JsonObject Kind(ApiResource resource) => new() { ["group"] = resource.Group, ["version"] = resource.Version, ["kind"] = resource.Kind };

    /// <summary>Turns the types of server-side apply into OpenAPI schemas; structs become components, so that recursion ends.</summary>
    private sealed class SchemaWriter(JsonObject components)
    {
        public JsonObject Inline(TypeSchema type)
        {
            if (!type.IsStruct)
            {
                return Any(type);
            }

            var properties = new JsonObject();
            var required = new JsonArray();
            foreach (var field in type.Fields)
            {
                var schema = Reference(field.Type);
                if (field.PatchMerge)
                {
                    schema["x-kubernetes-patch-strategy"] = "merge";
                }

                if (field.PatchMergeKey is { } key)
                {
                    schema["x-kubernetes-patch-merge-key"] = key;
                }

                properties[field.Name] = schema;
                if (field.Always)
                {
                    required.Add(field.Name);
                }
            }

            var result = new JsonObject { ["type"] = "object", ["properties"] = properties };
            if (required.Count > 0)
            {
                result["required"] = required;
            }

            return result;
        }

        /// <summary>A custom kind's own schema, with what every object has besides.</summary>
        public JsonObject Publish(JsonObject declared)
        {
            var schema = (JsonObject)declared.DeepClone();
            var properties = schema["properties"] as JsonObject ?? [];
            properties["apiVersion"] = new JsonObject { ["type"] = "string" };
            properties["kind"] = new JsonObject { ["type"] = "string" };
            properties["metadata"] = Reference(TypeTable.Type("meta/v1.ObjectMeta"));
            schema["properties"] = properties;
            return schema;
        }

        private JsonObject Reference(TypeSchema type)
        {
            if (!type.IsStruct || type.GoName.Length == 0)
            {
                return type.IsStruct ? Inline(type) : Any(type);
            }

            var name = $"io.k8s.api.{type.GoName}";
            if (!components.ContainsKey(name))
            {
                components[name] = new JsonObject();
                components[name] = Inline(type);
            }

            return new JsonObject { ["allOf"] = new JsonArray(new JsonObject { ["$ref"] = $"#/components/schemas/{name}" }) };
        }

        private JsonObject Any(TypeSchema type)
        {
            if (type.Raw || (type.AllowsMap && type.AllowsList))
            {
                return new JsonObject { ["x-kubernetes-preserve-unknown-fields"] = true };
            }

            if (type.AllowsList)
            {
                var list = new JsonObject { ["type"] = "array", ["items"] = type.ListElement is { } element ? Reference(element) : new JsonObject() };
                list["x-kubernetes-list-type"] = type.ListRule switch { ListRule.Map => "map", ListRule.Set => "set", _ => "atomic" };
                if (type.Keys.Count > 0)
                {
                    list["x-kubernetes-list-map-keys"] = new JsonArray([.. type.Keys.Select(k => (JsonNode)k)]);
                }

                return list;
            }

            if (type.AllowsMap)
            {
                return new JsonObject { ["type"] = "object", ["additionalProperties"] = type.MapElement is { } element ? Reference(element) : new JsonObject() };
            }

            return type.Scalar switch
            {
                ScalarKind.Boolean => new JsonObject { ["type"] = "boolean" },
                ScalarKind.Int32 or ScalarKind.UInt8 => new JsonObject { ["type"] = "integer", ["format"] = "int32" },
                ScalarKind.Int64 => new JsonObject { ["type"] = "integer", ["format"] = "int64" },
                ScalarKind.Numeric or ScalarKind.Float64 => new JsonObject { ["type"] = "number" },
                ScalarKind.IntOrString => new JsonObject { ["format"] = "int-or-string", ["oneOf"] = new JsonArray(new JsonObject { ["type"] = "integer" }, new JsonObject { ["type"] = "string" }) },
                ScalarKind.Time or ScalarKind.MicroTime => new JsonObject { ["type"] = "string", ["format"] = "date-time" },
                ScalarKind.Bytes => new JsonObject { ["type"] = "string", ["format"] = "byte" },
                _ => new JsonObject { ["type"] = "string" },
            };
        }
    }
}
