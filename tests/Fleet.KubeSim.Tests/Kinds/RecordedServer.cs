using System.Text.Json.Nodes;
using Fleet.KubeSim.Fields;
using Fleet.KubeSim.Kinds;
using Fleet.KubeSim.Patches;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Tests.Kinds;

/// <summary>The least store that can send recorded writes through the core: no HTTP, no admission, no lists.</summary>
internal sealed class RecordedServer(DateTimeOffset now)
{
    private readonly Dictionary<string, JsonObject> _objects = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KindDefinition> _custom = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>The answer's status and body; null when the request is not one the core decides.</summary>
    public (int Status, JsonObject Body)? Send(JsonObject request)
    {
        var method = request.Text("method")!;
        var query = Query(request.Text("query") ?? "");
        if (Place(request.Text("path")!) is not { } place || query.ContainsKey("dryRun"))
        {
            return null;
        }

        var (kind, space, name, subresource) = place;
        var key = $"{kind.GroupKind}/{space}/{name}";
        var headers = request.Map("headers") ?? [];
        var type = headers.Text("Content-Type") ?? "";
        var manager = query.GetValueOrDefault("fieldManager") ?? ManagedFields.FromUserAgent(headers.Text("User-Agent"));
        var live = _objects.GetValueOrDefault(key);
        if (subresource is not ("" or "status") || query.GetValueOrDefault("fieldValidation") is not (null or "Strict" or "Warn" or "Ignore")
            || (kind.IsCustom && type == "application/strategic-merge-patch+json"))
        {
            return null;
        }

        if (method == "GET")
        {
            return live is null ? null : (200, live);
        }

        if (request["body"] is not { } body || (method != "POST" && method != "PUT" && method != "PATCH"))
        {
            return null;
        }

        Bind(body, live);
        var write = kind.Write(manager, subresource, now);
        if (type == "application/apply-patch+yaml")
        {
            var applied = ManagedFields.Apply(write, live, (JsonObject)body, query.GetValueOrDefault("force") == "true");
            return applied.Succeeded
                ? Store(kind, key, space, name, subresource, live, applied.Object!, "fieldValidation")
                : (applied.Status, new JsonObject { ["message"] = applied.Message });
        }

        var sent = (JsonObject?)null;
        if (method == "PATCH")
        {
            if (live is null)
            {
                return null;
            }

            var patched = type switch
            {
                "application/merge-patch+json" => MergePatch.Apply(live, body),
                "application/json-patch+json" => JsonPatch.Apply(live, body),
                _ => StrategicPatch.Apply(kind.Schema, live, body),
            };
            if (!patched.Succeeded)
            {
                return (patched.Status, new JsonObject { ["message"] = patched.Message });
            }

            sent = (JsonObject)patched.Value!;
        }
        else
        {
            sent = (JsonObject)body.DeepClone();
            name = name.Length > 0 ? name : sent.Map("metadata").Text("name") ?? "";
            key = $"{kind.GroupKind}/{space}/{name}";
            live = _objects.GetValueOrDefault(key);
        }

        var report = new DecodeReport();
        var item = kind.Decode(sent, report);
        var validation = query.GetValueOrDefault("fieldValidation") ?? "Warn";
        var problem = report.TypeError
            ?? (validation == "Strict" && report.StrictErrors.Count > 0 ? $"strict decoding error: {string.Join(", ", report.StrictErrors)}" : null);
        if (problem is not null)
        {
            return method == "PATCH" ? null : (400, new JsonObject { ["message"] = $"{kind.Kind} in version \"{kind.Version}\" cannot be handled as a {kind.Kind}: {problem}" });
        }

        ManagedFields.Update(write, live, item);
        return Store(kind, key, space, name, subresource, live, item, validation);
    }

    private (int Status, JsonObject Body)? Store(
        KindDefinition kind, string key, string space, string name, string subresource, JsonObject? live, JsonObject item, string validation)
    {
        _ = validation;
        var metadata = item.MapOrNew("metadata");
        IReadOnlyList<FieldError> errors;
        if (live is null)
        {
            metadata["name"] = name;
            if (space.Length > 0)
            {
                metadata["namespace"] = space;
            }

            metadata["uid"] = $"uid-{++_count}";
            metadata["creationTimestamp"] = "2026-01-02T03:04:05Z";
            kind.PrepareForCreate(item, now);
            if (kind.HasGeneration)
            {
                metadata["generation"] = 1;
            }

            errors = kind.ValidateCreate(item);
        }
        else
        {
            foreach (var kept in (string[])["name", "namespace", "creationTimestamp", "generation"])
            {
                if (live.Map("metadata")![kept] is { } value)
                {
                    metadata[kept] = value.DeepClone();
                }
                else
                {
                    metadata.Remove(kept);
                }
            }

            if (metadata["uid"] is null)
            {
                metadata["uid"] = live.Map("metadata")!["uid"]!.DeepClone();
            }

            metadata.Remove("selfLink");
            ManagedFields.KeepTimesIfUnchanged(live, item);
            kind.PrepareForUpdate(item, live, subresource, now);
            if (kind.HasGeneration && kind.RaisesGeneration(item, live))
            {
                item.Map("metadata")!["generation"] = (live.Map("metadata").Whole("generation") ?? 0) + 1;
            }

            errors = kind.ValidateUpdate(item, live, subresource);
        }

        if (errors.Count > 0)
        {
            return (422, new JsonObject { ["message"] = $"{kind.GroupKind} \"{name}\" is invalid: {FieldError.Summary(errors)}" });
        }

        metadata.Remove("resourceVersion");
        var stored = (JsonObject)JsonNode.Parse(item.ToJsonString())!;
        _objects[key] = stored;
        if (kind.Kind == "CustomResourceDefinition")
        {
            foreach (var version in stored.Map("spec").List("versions")!.OfType<JsonObject>())
            {
                var custom = CustomKind.FromDefinition(stored, version.Text("name")!)!;
                _custom[$"{custom.Group}/{custom.Version}/{custom.Plural}"] = custom;
            }
        }

        return (live is null ? 201 : 200, stored);
    }

    /// <summary>Puts the object's own uid in the place of a placeholder; versions are not kept here.</summary>
    private static void Bind(JsonNode body, JsonObject? live)
    {
        if ((body as JsonObject).Map("metadata") is { } metadata)
        {
            metadata.Remove("resourceVersion");
            if (metadata.Text("uid")?.StartsWith('$') == true && live.Map("metadata")?["uid"] is { } uid)
            {
                metadata["uid"] = uid.DeepClone();
            }
        }
    }

    private (KindDefinition Kind, string Namespace, string Name, string Subresource)? Place(string path)
    {
        var parts = path.Trim('/').Split('/');
        var (group, version, rest) = parts[0] == "api" ? ("", parts[1], parts[2..]) : parts.Length > 3 ? (parts[1], parts[2], parts[3..]) : ("", "", []);
        var space = "";
        if (rest is ["namespaces", var inside, _, ..])
        {
            (space, rest) = rest[2] is "status" or "finalize" ? ("", rest) : (inside, rest[2..]);
        }

        if (rest.Length == 0)
        {
            return null;
        }

        var kind = BuiltInKinds.FindByPlural(group, version, rest[0]) ?? _custom.GetValueOrDefault($"{group}/{version}/{rest[0]}");
        return kind is null ? null : (kind, space, rest.Length > 1 ? rest[1] : "", rest.Length > 2 ? rest[2] : "");
    }

    private static Dictionary<string, string> Query(string query) =>
        query.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=', 2)).ToDictionary(p => p[0], p => Uri.UnescapeDataString(p.Length > 1 ? p[1] : ""));
}
