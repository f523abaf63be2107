using System.Text.Json.Nodes;

namespace Fleet.Agent.Kube.Client;

/// <summary>The body of a SelfSubjectAccessReview.</summary>
internal static class AccessReview
{
    public const string Path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

    public static JsonObject Body(AccessQuestion question)
    {
        var attributes = new JsonObject { ["verb"] = question.Verb, ["group"] = question.Group, ["resource"] = question.Resource };
        if (question.Namespace.Length > 0) attributes["namespace"] = question.Namespace;
        if (question.Name.Length > 0) attributes["name"] = question.Name;
        if (question.Subresource.Length > 0) attributes["subresource"] = question.Subresource;
        return new()
        {
            ["apiVersion"] = "authorization.k8s.io/v1",
            ["kind"] = "SelfSubjectAccessReview",
            ["spec"] = new JsonObject { ["resourceAttributes"] = attributes },
        };
    }
}
