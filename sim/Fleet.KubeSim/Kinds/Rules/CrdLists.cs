using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>The list and map types of a schema, after apis/apiextensions/validation/validation.go.</summary>
internal static class CrdLists
{
    public static void Validate(JsonObject schema, string type, string field, Findings errors)
    {
        var (mapType, listType) = (schema.Text("x-kubernetes-map-type"), schema.Text("x-kubernetes-list-type"));
        if (mapType is not null)
        {
            Needs("object", "x-kubernetes-map-type");
            errors.OneOf($"{field}.x-kubernetes-map-type", mapType, "atomic", "granular");
        }

        if (listType is not null)
        {
            Needs("array", "x-kubernetes-list-type");
            errors.OneOf($"{field}.x-kubernetes-list-type", listType, "atomic", "set", "map");
        }

        var keys = (schema.List("x-kubernetes-list-map-keys") ?? []).Select(k => Json.TextOf(k) ?? "").ToArray();
        if (keys.Length > 0 && listType is null)
        {
            errors.Required($"{field}.x-kubernetes-list-type", "must be map if x-kubernetes-list-map-keys is non-empty");
        }
        else if (keys.Length > 0 && listType != "map")
        {
            errors.Invalid($"{field}.x-kubernetes-list-type", listType, "must be map if x-kubernetes-list-map-keys is non-empty");
        }

        if (listType == "map")
        {
            MapList(schema, keys, field, errors);
        }

        if (listType is "set" or "map" && schema.Map("items").Flag("nullable"))
        {
            errors.Forbidden($"{field}.items.nullable", $"cannot be nullable when x-kubernetes-list-type is {listType}");
        }

        if (listType == "map")
        {
            Keys(schema.Map("items"), keys, field, errors);
        }

        void Needs(string wanted, string extension)
        {
            if (type.Length == 0)
            {
                errors.Required($"{field}.type", $"must be {wanted} if {extension} is specified");
            }
            else if (type != wanted)
            {
                errors.Invalid($"{field}.type", type, $"must be {wanted} if {extension} is specified");
            }
        }
    }

    private static void MapList(JsonObject schema, string[] keys, string field, Findings errors)
    {
        if (keys.Length == 0)
        {
            errors.Required($"{field}.x-kubernetes-list-map-keys", "must not be empty if x-kubernetes-list-type is map");
        }

        if (schema.Map("items") is not { } items)
        {
            errors.Required($"{field}.items", "must have a schema if x-kubernetes-list-type is map");
            return;
        }

        if (items.Text("type") != "object")
        {
            errors.Invalid($"{field}.items.type", items.Text("type") ?? "", "must be object if parent array's x-kubernetes-list-type is map");
            return;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var key in keys)
        {
            if (items.Map("properties").Map(key) is not { } property)
            {
                errors.Invalid($"{field}.x-kubernetes-list-map-keys", schema["x-kubernetes-list-map-keys"], "entries must all be names of item properties");
            }
            else if (property.Text("type") is "array" or "object")
            {
                errors.Invalid($"{field}.items.properties[{key}].type", "object", "must be a scalar type if parent array's x-kubernetes-list-type is map");
            }

            if (!seen.Add(key))
            {
                errors.Invalid($"{field}.x-kubernetes-list-map-keys", schema["x-kubernetes-list-map-keys"], "must not contain duplicate entries");
            }
        }
    }

    private static void Keys(JsonObject? items, string[] keys, string field, Findings errors)
    {
        foreach (var key in keys)
        {
            if (items.Map("properties").Map(key) is not { } property)
            {
                continue;
            }

            var required = items.List("required")?.Any(r => Json.TextOf(r) == key) ?? false;
            if (!required && property["default"] is null)
            {
                errors.Required($"{field}.items.properties[{key}].default", "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property");
            }

            if (property.Flag("nullable"))
            {
                errors.Forbidden($"{field}.items.properties[{key}].nullable", "this property is in x-kubernetes-list-map-keys, so it cannot be nullable");
            }
        }
    }
}
