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
        var applied = Read(call, out var repeated);
        if (subresource.Length == 0 && cluster.Store.Find(resource.Key, ns, name) is null)
        {
            var wanted = AccessAttributes.Of(call.Request) with { Verb = "create" };
            return cluster.Authorizer.Refusal(call.User, wanted) is { } refusal ? throw refusal : (Create(cluster, resource, ns, name, applied, repeated, options), true);
        }

        return (Change(cluster, resource, ns, name, applied, repeated, subresource, options), false);
    }

    /// <summary>Applies without a request: for tests, which need no right to do so.</summary>
    public static WrittenObject ApplyDirectly(ClusterState cluster, ApiResource resource, string ns, string name, JsonObject applied, WriteOptions options) =>
        cluster.Store.Find(resource.Key, ns, name) is null
            ? Create(cluster, resource, ns, name, applied, [], options)
            : Change(cluster, resource, ns, name, applied, [], "", options);

    private static WrittenObject Change(
        ClusterState cluster,
        ApiResource resource,
        string ns,
        string name,
        JsonObject applied,
        IReadOnlyList<string> repeated,
        string subresource,
        WriteOptions options) =>
        cluster.Objects.Update(
            resource,
            ns,
            name,
            live =>
            {
                var merged = Merge(cluster, resource, live, applied, repeated, subresource, options);
                CheckIdentity(resource, ns, name, merged.MapOrNew("metadata"));
                return merged;
            },
            subresource,
            options);

    private static WrittenObject Create(
        ClusterState cluster, ApiResource resource, string ns, string name, JsonObject applied, IReadOnlyList<string> repeated, WriteOptions options)
    {
        var content = Merge(cluster, resource, null, applied, repeated, "", options);
        if (applied.Map("metadata").Text("uid") is { Length: > 0 } uid)
        {
            throw ApiException.Conflict(
                resource.Key, name, $"uid mismatch: the provided object specified uid {uid}, and no existing object was found");
        }

        var metadata = content.MapOrNew("metadata");
        CheckIdentity(resource, ns, name, metadata);
        ObjectMetadata.StripServerOwned(metadata);
        return cluster.Objects.Insert(resource, ns, content, options);
    }

    private static JsonObject Merge(
        ClusterState cluster, ApiResource resource, JsonObject? live, JsonObject applied, IReadOnlyList<string> repeated, string subresource, WriteOptions options)
    {
        var write = resource.Definition.Write(options.Manager, subresource, cluster.Time.GetUtcNow());
        var merged = Unwrap(ManagedFields.Apply(write, live, applied, options.Force));
        JudgeRepeated(repeated, options);
        return merged;
    }

    /// <summary>Keys that the body gives twice: refused or warned of only once the apply itself has succeeded, as the real server does.</summary>
    public static void JudgeRepeated(IReadOnlyList<string> repeated, WriteOptions options)
    {
        if (repeated.Count > 0 && options.FieldValidation == FieldValidation.Strict)
        {
            throw ApiException.BadRequest(
                $"error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  {string.Join("\n  ", repeated)}");
        }

        if (options.FieldValidation == FieldValidation.Warn)
        {
            // An apply that met a newer version is tried again, and warns once.
            options.Warnings.AddRange(repeated.Where(r => !options.Warnings.Contains(r)));
        }
    }

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

    /// <summary>The merged object must be the one that the request names; what it leaves open is filled in.</summary>
    private static void CheckIdentity(ApiResource resource, string ns, string name, JsonObject metadata)
    {
        var expected = resource.Namespaced ? ns : "";
        if (metadata.Text("namespace") is { Length: > 0 } where && where != expected && expected.Length > 0)
        {
            throw ApiException.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
        }

        metadata.Remove("namespace");
        if (expected.Length > 0)
        {
            metadata["namespace"] = expected;
        }

        var given = metadata.Text("name") ?? "";
        if (given != name)
        {
            throw ApiException.BadRequest(
                given.Length == 0
                    ? $"the name of the object ({name} based on URL) was undeterminable: name must be provided"
                    : $"the name of the object ({given}) does not match the name on the URL ({name})");
        }
    }

    /// <param name="call">The request.</param>
    /// <param name="repeated">What is to be said of keys that are given twice.</param>
    public static JsonObject Read(ApiCall call, out IReadOnlyList<string> repeated)
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

        repeated = parsed.Duplicates;
        return parsed.Root switch
        {
            JsonObject map => map,
            null => [],
            _ => throw ApiException.BadRequest("error decoding YAML: error unmarshaling JSON: json: cannot unmarshal into Go value of type map[string]interface {}"),
        };
    }
}
