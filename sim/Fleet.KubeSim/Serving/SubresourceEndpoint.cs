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
            "eviction" => EvictAsync(call, resource, ns),
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
        var token = $"sa.{ns}.{account}.{Guid.NewGuid():N}";
        cluster.Authenticator.Accept(token, Access.KubeUser.Of($"system:serviceaccount:{ns}:{account}"));
        return AnswerWriter.WriteAsync(call, 201, new JsonObject
        {
            ["kind"] = "TokenRequest",
            ["apiVersion"] = "authentication.k8s.io/v1",
            ["metadata"] = new JsonObject { ["name"] = account, ["namespace"] = ns, ["creationTimestamp"] = cluster.Now },
            ["spec"] = new JsonObject { ["audiences"] = body.Map("spec").List("audiences")?.DeepClone() ?? new JsonArray(), ["expirationSeconds"] = seconds },
            ["status"] = new JsonObject
            {
                ["token"] = token,
                ["expirationTimestamp"] = ClusterState.Timestamp(cluster.Time.GetUtcNow().AddSeconds(seconds)),
            },
        });
    }

    private Task EvictAsync(ApiCall call, ApiResource resource, string ns)
    {
        cluster.Objects.Delete(resource, ns, call.Request.Name, DeleteOptions.None);
        return AnswerWriter.WriteAsync(call, 201, new JsonObject
        {
            ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = new JsonObject(), ["status"] = "Success",
        });
    }
}
