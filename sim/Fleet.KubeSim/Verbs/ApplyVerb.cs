using System.Text.Json.Nodes;
using Fleet.KubeSim.Access;
using Fleet.KubeSim.Fields;
using Fleet.KubeSim.Hosting;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Serving;
using Fleet.KubeSim.Text;

namespace Fleet.KubeSim.Verbs;

/// <summary>Server-side apply: merges a configuration into the live object, or creates it.</summary>
internal static class ApplyVerb
{
    public static (WrittenObject Object, bool Created) Apply(
        ClusterState cluster, ApiCall call, ApiResource resource, string ns, string name, string subresource, WriteOptions options)
    {
        var applied = Read(call, options);
        CheckIdentity(resource, ns, name, applied.Map("metadata"));
        if (subresource.Length == 0 && cluster.Store.Find(resource.Key, ns, name) is null)
        {
            var wanted = AccessAttributes.Of(call.Request) with { Verb = "create" };
            return cluster.Authorizer.Refusal(call.User, wanted) is { } refusal ? throw refusal : (Create(cluster, resource, ns, name, applied, options), true);
        }

        return (Change(cluster, resource, ns, name, applied, subresource, options), false);
    }

    /// <summary>Applies without a request: for tests, which need no right to do so.</summary>
    public static WrittenObject ApplyDirectly(ClusterState cluster, ApiResource resource, string ns, string name, JsonObject applied, WriteOptions options) =>
        cluster.Store.Find(resource.Key, ns, name) is null
            ? Create(cluster, resource, ns, name, applied, options)
            : Change(cluster, resource, ns, name, applied, "", options);

    private static WrittenObject Change(
        ClusterState cluster, ApiResource resource, string ns, string name, JsonObject applied, string subresource, WriteOptions options) =>
        cluster.Objects.Update(resource, ns, name, live => Merge(cluster, resource, live, applied, subresource, options), subresource, options);

    private static WrittenObject Create(ClusterState cluster, ApiResource resource, string ns, string name, JsonObject applied, WriteOptions options)
    {
        var content = Merge(cluster, resource, null, applied, "", options);
        if (applied.Map("metadata").Text("uid") is { Length: > 0 } uid)
        {
            throw ApiException.Conflict(
                resource.Key, name, $"uid mismatch: the provided object specified uid {uid}, and no existing object was found");
        }

        var metadata = content.MapOrNew("metadata");
        metadata["name"] = name;
        ObjectMetadata.StripServerOwned(metadata);
        if (resource.Namespaced)
        {
            metadata["namespace"] = ns;
        }

        return cluster.Objects.Insert(resource, ns, content, options);
    }

    private static JsonObject Merge(ClusterState cluster, ApiResource resource, JsonObject? live, JsonObject applied, string subresource, WriteOptions options)
    {
        var write = resource.Definition.Write(options.Manager, subresource, cluster.Time.GetUtcNow());
        var merged = Unwrap(ManagedFields.Apply(write, live, applied, options.Force));
        if (options.Manager == "kubectl")
        {
            RefreshLastApplied(merged, applied);
        }

        return merged;
    }

    /// <summary>So that client-side apply can go on from here, the server keeps kubectl's own annotation up to date where it is.</summary>
    private static void RefreshLastApplied(JsonObject merged, JsonObject applied)
    {
        const string annotation = "kubectl.kubernetes.io/last-applied-configuration";
        if (merged.Map("metadata").Map("annotations") is { } annotations && annotations.ContainsKey(annotation))
        {
            annotations[annotation] = Json.Encode(Sorted(applied)) + "\n";
        }
    }

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, Sorted(p.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sorted)]),
        _ => node?.DeepClone(),
    };

    /// <summary>The merged object, or the refusal as the server answers it.</summary>
    public static JsonObject Unwrap(ApplyResult result)
    {
        if (result.Object is { } merged)
        {
            return merged;
        }

        throw result.Status switch
        {
            409 => new ApiException(409, "Conflict", result.Message!, Causes(result)),
            400 => ApiException.BadRequest(result.Message!),
            _ => ApiException.Unforeseen(result.Message!),
        };
    }

    private static JsonObject Causes(ApplyResult result) => new()
    {
        ["causes"] = new JsonArray([.. result.Conflicts.Select(c => (JsonNode)new JsonObject
        {
            ["reason"] = "FieldManagerConflict",
            ["message"] = $"conflict with {c.Manager}",
            ["field"] = c.Path,
        })]),
    };

    private static void CheckIdentity(ApiResource resource, string ns, string name, JsonObject? metadata)
    {
        var given = metadata.Text("name") ?? "";
        if (given.Length == 0 && metadata.Text("generateName") is { Length: > 0 })
        {
            throw ApiException.BadRequest($"the name of the object ({name} based on URL) was undeterminable: name must be provided");
        }

        if (given.Length > 0 && given != name)
        {
            throw ApiException.BadRequest($"the name of the object ({given}) does not match the name on the URL ({name})");
        }

        if (metadata.Text("namespace") is { Length: > 0 } where && (!resource.Namespaced || where != ns))
        {
            throw ApiException.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
        }
    }

    public static JsonObject Read(ApiCall call, WriteOptions options)
    {
        ParsedText parsed;
        try
        {
            parsed = YamlText.Parse(call.Body.Span);
        }
        catch (TextException e)
        {
            throw ApiException.BadRequest($"error decoding YAML: {e.Message}");
        }

        if (parsed.Duplicates.Count > 0)
        {
            switch (options.FieldValidation)
            {
                case FieldValidation.Strict:
                    throw ApiException.BadRequest(
                        $"error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  {string.Join("\n  ", parsed.Duplicates)}");
                case FieldValidation.Warn:
                    options.Warnings.AddRange(parsed.Duplicates);
                    break;
            }
        }

        return parsed.Root switch
        {
            JsonObject map => map,
            null => [],
            _ => throw ApiException.BadRequest("error decoding YAML: error unmarshaling JSON: json: cannot unmarshal into Go value of type map[string]interface {}"),
        };
    }
}
