using System.Text.Json.Nodes;

namespace Fleet.KubeSim.Access;

/// <summary>Answers the review kinds: may I, may he, who am I, whose token is this.</summary>
internal sealed class Reviews(RbacAuthorizer authorizer, Authenticator authenticator)
{
    /// <summary>Fills in the status of a review that was posted.</summary>
    public void Answer(JsonObject review, KubeUser user, string now)
    {
        var spec = review["spec"] as JsonObject ?? [];
        switch ((string?)review["kind"])
        {
            case "SelfSubjectAccessReview":
                review["status"] = Decide(user, spec);
                break;
            case "SubjectAccessReview" or "LocalSubjectAccessReview":
                var groups = (spec["groups"] as JsonArray ?? []).Select(g => (string?)g ?? "");
                review["status"] = Decide(new KubeUser((string?)spec["user"] ?? "", [.. groups]), spec);
                break;
            case "SelfSubjectRulesReview":
                var rules = authorizer.Rules(user, (string?)spec["namespace"] ?? "").ToList();
                if (user.IsMaster)
                {
                    rules.Add(new RbacRule(["*"], ["*"], ["*"], [], []));
                    rules.Add(new RbacRule(["*"], [], [], [], ["*"]));
                }

                review["status"] = new JsonObject
                {
                    ["resourceRules"] = new JsonArray([.. rules.Where(r => r.Paths.Count == 0).Select(r => r.ToResourceRule())]),
                    ["nonResourceRules"] = new JsonArray([.. rules.Where(r => r.Paths.Count > 0).Select(r => r.ToResourceRule())]),
                    ["incomplete"] = false,
                };
                break;
            case "SelfSubjectReview":
                var metadata = review["metadata"] as JsonObject ?? [];
                metadata["creationTimestamp"] = now;
                review["metadata"] = metadata.DeepClone();
                review["status"] = new JsonObject { ["userInfo"] = Describe(user) };
                break;
            case "TokenReview":
                review["status"] = authenticator.FindByToken((string?)spec["token"] ?? "") is { } known
                    ? new JsonObject { ["authenticated"] = true, ["user"] = Describe(known) }
                    : new JsonObject { ["user"] = new JsonObject(), ["error"] = "invalid bearer token" };
                break;
        }
    }

    private JsonObject Decide(KubeUser user, JsonObject spec)
    {
        var attributes = spec["nonResourceAttributes"] is JsonObject path
            ? new AccessAttributes { Verb = Text(path, "verb"), Path = Text(path, "path") }
            : Resource(spec["resourceAttributes"] as JsonObject ?? []);
        var (allowed, reason) = authorizer.Decide(user, attributes);
        var status = new JsonObject { ["allowed"] = allowed };
        if (reason.Length > 0)
        {
            status["reason"] = reason;
        }

        return status;
    }

    private static AccessAttributes Resource(JsonObject wanted) => new()
    {
        Verb = Text(wanted, "verb"),
        Group = Text(wanted, "group"),
        Resource = Text(wanted, "resource"),
        Subresource = Text(wanted, "subresource"),
        Namespace = Text(wanted, "namespace"),
        Name = Text(wanted, "name"),
    };

    private static JsonObject Describe(KubeUser user)
    {
        var described = new JsonObject { ["username"] = user.Name };
        if (user.Uid.Length > 0)
        {
            described["uid"] = user.Uid;
        }

        described["groups"] = new JsonArray([.. user.Groups.Select(g => (JsonNode)g)]);
        if (user.Extra.Count > 0)
        {
            described["extra"] = new JsonObject(user.Extra.OrderBy(e => e.Key, StringComparer.Ordinal)
                .Select(e => KeyValuePair.Create(e.Key, (JsonNode?)new JsonArray([.. e.Value.Select(v => (JsonNode)v)]))));
        }

        return described;
    }

    private static string Text(JsonObject from, string key) => (string?)from[key] ?? "";
}
