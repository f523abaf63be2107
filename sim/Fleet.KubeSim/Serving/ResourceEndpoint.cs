using System.Text.Json.Nodes;
using Fleet.KubeSim.Access;
using Fleet.KubeSim.Fields;
using Fleet.KubeSim.Hosting;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Verbs;

namespace Fleet.KubeSim.Serving;

/// <summary>Finds the resource of a URL and gives the request to its verb.</summary>
internal sealed class ResourceEndpoint(ClusterState cluster)
{
    private readonly Reviews _reviews = new(cluster.Authorizer, cluster.Authenticator);
    private readonly SubresourceEndpoint _subresources = new(cluster);

    public async Task ServeAsync(ApiCall call)
    {
        var request = call.Request;
        if (Find(request) is not { } resource)
        {
            await AnswerWriter.WriteTextAsync(call.Http, 404, "404 page not found\n");
            return;
        }

        var representation = Representation.Negotiate(call.Http.Request.Headers.Accept.ToString()) ?? throw Representation.NotAcceptable(call.Http.Request.Headers.Accept.ToString());
        call = call with { Representation = representation };
        if (resource.DeprecationWarning is { } deprecated)
        {
            call.Warnings.Add(deprecated);
        }

        CheckScope(request, resource);
        if (resource.IsVirtual)
        {
            await ReviewAsync(call, resource);
            return;
        }

        if (request.Subresource.Length > 0)
        {
            await _subresources.ServeAsync(call, resource);
            return;
        }

        var onObject = request.Name.Length > 0;
        var fits = request.Verb switch
        {
            "get" or "update" or "patch" or "delete" => onObject,
            "create" or "list" or "deletecollection" => !onObject,
            _ => true,
        };
        if (!fits || !resource.Allows(request.Verb))
        {
            throw ApiException.MethodNotAllowed();
        }

        if (resource.IsEnding && request.Verb == "create")
        {
            throw ApiException.DefinitionEnding(resource.Key, request.Verb);
        }

        await ServeVerbAsync(call, resource);
    }

    private Task ServeVerbAsync(ApiCall call, ApiResource resource)
    {
        var (request, objects) = (call.Request, cluster.Objects);
        var (ns, name) = (request.Namespace, request.Name);
        if (!resource.Namespaced)
        {
            ns = "";
        }

        switch (request.Verb)
        {
            case "get":
                if (request["resourceVersion"] is { Length: > 0 } version)
                {
                    var asked = ListOptions.ParseVersion(version, "");
                    if (asked > cluster.Store.ResourceVersion)
                    {
                        throw ListVerb.TooLarge(asked, cluster.Store.ResourceVersion);
                    }
                }

                return AnswerWriter.WriteObjectAsync(call, 200, resource, WrittenObject.Of(resource, objects.Get(resource, ns, name)));
            case "list":
                return AnswerWriter.WriteListAsync(call, resource, ListVerb.List(cluster, resource, ns, ListOptions.Parse(request, resource, watch: false)));
            case "watch":
                return WatchVerb.ServeAsync(cluster, call, resource, ns, name);
            case "create":
                var createOptions = WriteOptions.Parse(call, "CreateOptions");
                var content = RequestBody.ReadObject(call, resource, createOptions);
                return AnswerWriter.WriteObjectAsync(call, 201, resource, objects.Create(resource, ns, content, createOptions));
            case "update":
                return ReplaceAsync(call, resource, ns, name);
            case "patch":
                var (patched, created) = PatchVerb.Patch(cluster, call, resource, ns, name, "");
                return AnswerWriter.WriteObjectAsync(call, created ? 201 : 200, resource, patched);
            case "delete":
                return DeleteAsync(call, resource, ns, name);
            case "deletecollection":
                var deleteOptions = DeleteOptions.Parse(call, RequestBody.ReadDeleteOptions(call));
                var selection = ListOptions.Parse(request, resource, watch: false);
                var deleted = objects.DeleteCollection(resource, ns, selection, deleteOptions);
                return AnswerWriter.WriteListAsync(call, resource, new ObjectList(deleted, ListVerb.Text(cluster.Store.ResourceVersion), null, null));
            default:
                throw ApiException.MethodNotAllowed();
        }
    }

    private Task ReplaceAsync(ApiCall call, ApiResource resource, string ns, string name)
    {
        var options = WriteOptions.Parse(call, "UpdateOptions");
        var content = RequestBody.ReadObject(call, resource, options);
        var metadata = content["metadata"]!.AsObject();
        if (((string?)metadata["name"] ?? "").Length == 0)
        {
            throw ApiException.BadRequest("the name of the object (" + name + " based on URL) was undeterminable: name must be provided");
        }

        ObjectMetadata.MatchName(name, metadata);
        ObjectMetadata.MatchNamespace(resource, ns, metadata);
        if (UpdateRules.MayCreate(resource) && cluster.Store.Find(resource.Key, ns, name) is null && (string?)metadata["resourceVersion"] is null or "" or "0")
        {
            var right = Access.AccessAttributes.Of(call.Request) with { Verb = "create" };
            return cluster.Authorizer.Refusal(call.User, right) is { } refusal
                ? throw refusal
                : AnswerWriter.WriteObjectAsync(call, 201, resource, cluster.Objects.Create(resource, ns, content, options));
        }

        var result = cluster.Objects.Update(
            resource,
            ns,
            name,
            live => ManagedFields.Update(resource.Definition.Write(options.Manager, "", cluster.Time.GetUtcNow()), live, (JsonObject)content.DeepClone()),
            "",
            options,
            replaces: true);
        return AnswerWriter.WriteObjectAsync(call, 200, resource, result);
    }

    private Task DeleteAsync(ApiCall call, ApiResource resource, string ns, string name)
    {
        var options = DeleteOptions.Parse(call, RequestBody.ReadDeleteOptions(call));
        var deletion = cluster.Objects.Delete(resource, ns, name, options);
        if (!deletion.Gone || DeletedAnswers.ReturnsObject(resource))
        {
            return AnswerWriter.WriteObjectAsync(call, 200, resource, deletion.Object);
        }

        var details = new JsonObject { ["name"] = name };
        if (resource.Group.Length > 0)
        {
            details["group"] = resource.Group;
        }

        details["kind"] = resource.Plural;
        details["uid"] = (string?)deletion.Object["metadata"]!["uid"];
        return AnswerWriter.WriteAsync(call, 200, new JsonObject
        {
            ["kind"] = "Status",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject(),
            ["status"] = "Success",
            ["details"] = details,
        });
    }

    private Task ReviewAsync(ApiCall call, ApiResource resource)
    {
        if (call.Request.Verb != "create" || call.Request.Name.Length > 0)
        {
            throw ApiException.MethodNotAllowed();
        }

        var options = WriteOptions.Parse(call, "CreateOptions");
        var review = RequestBody.ReadPlain(call, resource.Kind);
        review["kind"] = resource.Kind;
        review["apiVersion"] = resource.GroupVersion;
        _reviews.Answer(review, call.User, cluster.Now);
        ReviewOwnership.Track(review, options.Manager, cluster.Time.GetUtcNow());
        return AnswerWriter.WriteAsync(call, 201, review);
    }

    /// <summary>Null where no part of the server answers for the group.</summary>
    private ApiResource? Find(ApiRequest request)
    {
        var current = cluster.Registry.Current;
        if (current.Find(request.Group, request.Version, request.Resource) is { } resource)
        {
            return request.HasExtraParts ? throw ApiException.UnknownResource() : resource;
        }

        return current.BuiltInGroups.Contains(request.Group) ? throw ApiException.UnknownResource() : null;
    }

    private static void CheckScope(ApiRequest request, ApiResource resource)
    {
        if (!resource.Namespaced)
        {
            if (request.Namespace.Length > 0 && resource is not { Kind: "Namespace", Group: "" })
            {
                throw ApiException.UnknownResource();
            }

            return;
        }

        if (request.Namespace.Length == 0)
        {
            if (request.Name.Length > 0)
            {
                throw ApiException.UnknownResource();
            }

            if (request.Verb is not ("list" or "watch"))
            {
                throw ApiException.MethodNotAllowed();
            }
        }
    }
}
