using System.Text.Json.Nodes;
using Fleet.KubeSim.Fields;
using Fleet.KubeSim.Hosting;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Verbs;

namespace Fleet.KubeSim.Serving;

/// <summary>Serves what hangs under an object: its status, its scale, and the few actions that tools need.</summary>
internal sealed class SubresourceEndpoint(ClusterState cluster)
{
    private readonly Eviction _eviction = new(cluster);

    public Task ServeAsync(ApiCall call, ApiResource resource)
    {
        var request = call.Request;
        if (resource.FindSubresource(request.Subresource) is not { } subresource)
        {
            throw ApiException.UnknownResource();
        }

        if (!subresource.Verbs.Contains(request.Verb))
        {
            throw ApiException.MethodNotAllowed();
        }

        var ns = resource.Namespaced ? request.Namespace : "";
        return subresource.Name switch
        {
            "status" or "ephemeralcontainers" or "resize" or "approval" => ServeObjectAsync(call, resource, ns, subresource.Name),
            "finalize" => FinalizeAsync(call, resource),
            "scale" => ScaleVerb.ServeAsync(cluster, call, resource, ns),
            "token" => IssueTokenAsync(call, ns),
            "eviction" => _eviction.ServeAsync(call, resource, ns),
            "binding" => BindAsync(call, resource, ns),
            "log" when cluster.Objects.Get(resource, ns, request.Name) is not null => AnswerWriter.WriteTextAsync(call.Http, 200, ""),
            _ => throw new ApiException(501, "NotImplemented", $"the simulated cluster has no kubelet: {resource.Plural}/{subresource.Name} cannot be served"),
        };
    }

    private Task ServeObjectAsync(ApiCall call, ApiResource resource, string ns, string subresource)
    {
        var (request, name) = (call.Request, call.Request.Name);
        switch (request.Verb)
        {
            case "get":
                return AnswerWriter.WriteObjectAsync(call, 200, resource, WrittenObject.Of(resource, cluster.Objects.Get(resource, ns, name)));
            case "patch":
                return AnswerWriter.WriteObjectAsync(call, 200, resource, PatchVerb.Patch(cluster, call, resource, ns, name, subresource).Object);
            default:
                var options = WriteOptions.Parse(call, "UpdateOptions");
                var content = RequestBody.ReadObject(call, resource, options);
                ObjectMetadata.MatchName(name, content.MapOrNew("metadata"));
                ObjectMetadata.MatchNamespace(resource, ns, content.MapOrNew("metadata"));
                return AnswerWriter.WriteObjectAsync(call, 200, resource, cluster.Objects.Update(
                    resource,
                    ns,
                    name,
                    live => ManagedFields.Update(resource.Definition.Write(options.Manager, subresource, cluster.Time.GetUtcNow()), live, (JsonObject)content.DeepClone()),
                    subresource,
                    options,
                    replaces: true));
        }
    }

    private Task FinalizeAsync(ApiCall call, ApiResource resource)
    {
        var body = RequestBody.ReadPlain(call, resource.Kind);
        var finalizers = body.Map("spec").List("finalizers");
        var result = cluster.Objects.SetNamespaceFinalizers(resource, call.Request.Name, finalizers);
        return AnswerWriter.WriteObjectAsync(call, 200, resource, result);
    }

    private Task IssueTokenAsync(ApiCall call, string ns)
    {
        var account = call.Request.Name;
        var key = new ResourceKey("", "serviceaccounts");
        _ = cluster.Store.Find(key, ns, account) ?? throw ApiException.NotFound(key, account);
        var body = RequestBody.ReadPlain(call, "TokenRequest");
        var seconds = body.Map("spec").Whole("expirationSeconds") ?? 3600;
        if (seconds is < 600 or > uint.MaxValue)
        {
            throw ApiException.Invalid("authentication.k8s.io", "TokenRequest", body.Map("metadata").Text("name") ?? "", [Kinds.FieldError.Invalid(
                "spec.expirationSeconds",
                seconds,
                seconds < 600 ? "may not specify a duration less than 10 minutes" : "may not specify a duration larger than 2^32 seconds")]);
        }

        var token = $"sa.{ns}.{account}.{Guid.NewGuid():N}";
        cluster.Authenticator.Accept(token, Access.KubeUser.Of($"system:serviceaccount:{ns}:{account}"));
        return AnswerWriter.WriteAsync(call, 201, new JsonObject
        {
            ["kind"] = "TokenRequest",
            ["apiVersion"] = "authentication.k8s.io/v1",
            ["metadata"] = new JsonObject { ["name"] = account, ["namespace"] = ns, ["creationTimestamp"] = cluster.Now },
            ["spec"] = new JsonObject { ["audiences"] = body.Map("spec").List("audiences") is { Count: > 0 } audiences ? audiences.DeepClone() : new JsonArray("https://kubernetes.default.svc.cluster.local"), ["expirationSeconds"] = seconds },
            ["status"] = new JsonObject
            {
                ["token"] = token,
                ["expirationTimestamp"] = ClusterState.Timestamp(cluster.Time.GetUtcNow().AddSeconds(seconds)),
            },
        });
    }

    /// <summary>Gives a pod its node, once.</summary>
    private Task BindAsync(ApiCall call, ApiResource pods, string ns)
    {
        var name = call.Request.Name;
        var body = RequestBody.ReadPlain(call, "Binding");
        if (body.Map("metadata").Text("name") is { Length: > 0 } given && given != name)
        {
            throw ApiException.BadRequest("name in URL does not match name in Binding object");
        }

        if (body.Map("target").Text("name") is not { Length: > 0 } node)
        {
            throw ApiException.Invalid("", "Binding", name, [Kinds.FieldError.Required("target.name")]);
        }

        for (var tries = 0; tries < 100; tries++)
        {
            var stored = cluster.Objects.Get(pods, ns, name);
            var content = stored.ToJson();
            if (stored.Terminating)
            {
                throw ApiException.Conflict(new ResourceKey("", "pods/binding"), name, $"pod {name} is being deleted, cannot be assigned to a host");
            }

            if (content.Map("spec").Text("nodeName") is { Length: > 0 } host)
            {
                throw ApiException.Conflict(new ResourceKey("", "pods/binding"), name, $"pod {name} is already assigned to node \"{host}\"");
            }

            content.MapOrNew("spec")["nodeName"] = node;
            Simulation.Conditions.Set(content.MapOrNew("status"), "PodScheduled", true, "", "", cluster.Now);
            if (cluster.Store.TryWrite(pods.Key, stored, content, out _) == Storage.WriteResult.Written)
            {
                return AnswerWriter.WriteAsync(call, 201, new JsonObject
                {
                    ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = new JsonObject(), ["status"] = "Success",
                });
            }
        }

        throw ApiException.Modified(pods.Key, name);
    }
}
