using System.Text.Json.Nodes;
using Fleet.KubeSim.Fields;
using Fleet.KubeSim.Kinds;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Serving;

namespace Fleet.KubeSim.Verbs;

/// <summary>Between an object and its Scale.</summary>
internal static class ScaleView
{
    public static JsonObject Of(ApiResource resource, JsonObject live)
    {
        var from = live.Map("metadata");
        var metadata = new JsonObject();
        foreach (var key in new[] { "name", "namespace", "uid", "resourceVersion", "creationTimestamp" })
        {
            if (from?[key] is { } value)
            {
                metadata[key] = value.DeepClone();
            }
        }

        var status = new JsonObject { ["replicas"] = At(live, StatusPath(resource)) ?? 0 };
        if (Selector(resource, live) is { Length: > 0 } selector)
        {
            status["selector"] = selector;
        }

        var spec = new JsonObject();
        if (At(live, SpecPath(resource)) is { } replicas and not 0)
        {
            spec["replicas"] = replicas;
        }

        return new JsonObject { ["kind"] = "Scale", ["apiVersion"] = "autoscaling/v1", ["metadata"] = metadata, ["spec"] = spec, ["status"] = status };
    }

    public static JsonObject WithOwners(ApiResource resource, JsonObject live)
    {
        var scale = Of(resource, live);
        if (ScaleFields.ToScale(live, FieldPath.Of(SpecPath(resource))) is { } owners)
        {
            scale.MapOrNew("metadata")["managedFields"] = owners;
        }

        return scale;
    }

    /// <summary>The object with the replicas, the owners and the preconditions of a written Scale.</summary>
    public static JsonObject Store(ApiResource resource, JsonObject live, JsonObject scale)
    {
        var metadata = scale.Map("metadata");
        var replicas = scale.Map("spec").Whole("replicas") ?? 0;
        if (replicas < 0)
        {
            throw ApiException.Invalid(
                "autoscaling", "Scale", metadata.Text("name") ?? "", [FieldError.Invalid("spec.replicas", replicas, "must be greater than or equal to 0")]);
        }

        var path = SpecPath(resource);
        var holder = live;
        foreach (var part in path[..^1])
        {
            holder = holder.MapOrNew(part);
        }

        holder[path[^1]] = replicas;
        ScaleFields.ToParent(live, metadata.List("managedFields"), resource.GroupVersion, FieldPath.Of(path));
        var own = live.MapOrNew("metadata");
        foreach (var key in new[] { "uid", "resourceVersion" })
        {
            own.Remove(key);
            if (metadata?[key] is { } value)
            {
                own[key] = value.DeepClone();
            }
        }

        return live;
    }

    private static string[] SpecPath(ApiResource resource) => Parts((resource.Rules as CustomKind)?.SpecReplicasPath ?? ".spec.replicas");

    private static string[] StatusPath(ApiResource resource) => Parts((resource.Rules as CustomKind)?.StatusReplicasPath ?? ".status.replicas");

    private static string? Selector(ApiResource resource, JsonObject live)
    {
        if (resource.Rules is CustomKind custom)
        {
            return custom.LabelSelectorPath is { } path ? Json.TextOf(Node(live, Parts(path))) : null;
        }

        var selector = live.Map("spec").Map("selector");
        var labels = resource.Kind == "ReplicationController" ? selector : selector.Map("matchLabels");
        var terms = (labels ?? []).Select(l => $"{l.Key}={Json.TextOf(l.Value)}").Order(StringComparer.Ordinal);
        var expressions = (selector.List("matchExpressions") ?? []).OfType<JsonObject>().Select(Expression);
        return string.Join(",", terms.Concat(expressions));
    }

    private static string Expression(JsonObject expression)
    {
        var values = string.Join(",", (expression.List("values") ?? []).Select(Json.TextOf));
        var key = expression.Text("key");
        return expression.Text("operator") switch
        {
            "In" => $"{key} in ({values})",
            "NotIn" => $"{key} notin ({values})",
            "Exists" => key ?? "",
            _ => $"!{key}",
        };
    }

    private static string[] Parts(string path) => path.TrimStart('.').Split('.');

    private static long? At(JsonObject live, string[] path) => Json.TryWhole(Node(live, path), out var number) ? number : null;

    private static JsonNode? Node(JsonObject live, string[] path)
    {
        JsonNode? node = live;
        foreach (var part in path)
        {
            node = (node as JsonObject)?[part];
        }

        return node;
    }
}
