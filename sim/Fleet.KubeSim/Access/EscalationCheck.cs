using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Serving;

namespace Fleet.KubeSim.Access;

/// <summary>Nobody grants rights that he does not hold, unless he may escalate the role or bind it.</summary>
internal static class EscalationCheck
{
    private const string Group = "rbac.authorization.k8s.io";

    public static void Check(RbacAuthorizer authorizer, KubeUser user, ApiResource resource, JsonObject content, JsonObject? old)
    {
        if (user.IsMaster || resource.Group != Group)
        {
            return;
        }

        var name = content.Map("metadata").Text("name") ?? "";
        var ns = content.Map("metadata").Text("namespace") ?? "";
        if (resource.Kind is "Role" or "ClusterRole")
        {
            if (old is not null && Json.Equal(content["rules"], old["rules"]) && Json.Equal(content["aggregationRule"], old["aggregationRule"]))
            {
                return;
            }

            if (!authorizer.IsAllowed(user, Right("escalate", resource.Plural, name, ns)))
            {
                DemandHeld(authorizer, user, resource, name, ns, RbacRule.Parse(content));
                if (content["aggregationRule"] is not null)
                {
                    throw ApiException.Forbidden(Group, resource.Plural, name, "must have cluster-admin privileges to use the aggregationRule");
                }
            }

            return;
        }

        if (old is not null && Json.Equal(content["roleRef"], old["roleRef"]) && Json.Equal(content["subjects"], old["subjects"]))
        {
            return;
        }

        var (kind, role) = (content.Map("roleRef").Text("kind") ?? "", content.Map("roleRef").Text("name") ?? "");
        if (!authorizer.IsAllowed(user, Right("bind", kind == "Role" ? "roles" : "clusterroles", role, ns)))
        {
            // The server's lister names the missing role in the singular.
            var rules = authorizer.RulesOf(kind, role, ns) ?? throw ApiException.NotFound(new ResourceKey(Group, kind.ToLowerInvariant()), role);
            DemandHeld(authorizer, user, resource, name, ns, rules);
        }
    }

    private static AccessAttributes Right(string verb, string plural, string name, string ns) => new() { Verb = verb, Group = Group, Resource = plural, Name = name, Namespace = ns };

    private static void DemandHeld(RbacAuthorizer authorizer, KubeUser user, ApiResource resource, string name, string ns, IEnumerable<RbacRule> granted)
    {
        var held = authorizer.Rules(user, ns).ToArray();
        var missing = granted.SelectMany(r => r.Parts()).Where(p => !held.Any(h => h.Covers(p))).ToArray();
        if (missing.Length == 0)
        {
            return;
        }

        var shown = missing
            .GroupBy(m => (Group: m.Groups.FirstOrDefault(), Resource: m.Resources.FirstOrDefault(), Name: m.Names.FirstOrDefault(), Path: m.Paths.FirstOrDefault()))
            .SelectMany(IEnumerable<RbacRule> (g) => g.Key.Path is null ? [g.First() with { Verbs = [.. g.SelectMany(r => r.Verbs)] }] : g)
            .Select(r => r.Compact())
            .Distinct()
            .Order(StringComparer.Ordinal);
        var groups = string.Join(' ', user.Groups.Select(GoText.Quote));
        throw ApiException.Forbidden(
            Group,
            resource.Plural,
            name,
            $"user {GoText.Quote(user.Name)} (groups=[{groups}]) is attempting to grant RBAC permissions not currently held:\n{string.Join('\n', shown)}");
    }
}
