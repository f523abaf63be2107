using Fleet.KubeSim.Serving;

namespace Fleet.KubeSim.Access;

/// <summary>The Impersonate-* headers: each name asked for needs the right to impersonate it.</summary>
internal static class Impersonation
{
    public static KubeUser Apply(HttpRequest request, KubeUser user, RbacAuthorizer authorizer)
    {
        var name = request.Headers["Impersonate-User"].ToString();
        var groups = request.Headers["Impersonate-Group"].Select(g => g ?? "").ToArray();
        if (name.Length == 0)
        {
            return groups.Length == 0
                ? user
                : throw ApiException.Unforeseen("requested [{Group  " + string.Join(" ", groups) + "    }] without impersonating a user");
        }

        Demand(authorizer, user, UserAttributes(name));
        foreach (var group in groups)
        {
            Demand(authorizer, user, new AccessAttributes { Verb = "impersonate", Resource = "groups", Name = group });
        }

        return KubeUser.Of(name, groups);
    }

    private static AccessAttributes UserAttributes(string name) =>
        name.Split(':') is ["system", "serviceaccount", var ns, var account]
            ? new AccessAttributes { Verb = "impersonate", Resource = "serviceaccounts", Namespace = ns, Name = account }
            : new AccessAttributes { Verb = "impersonate", Resource = "users", Name = name };

    private static void Demand(RbacAuthorizer authorizer, KubeUser user, AccessAttributes attributes)
    {
        if (!authorizer.IsAllowed(user, attributes))
        {
            throw attributes.Refuse(user);
        }
    }
}
