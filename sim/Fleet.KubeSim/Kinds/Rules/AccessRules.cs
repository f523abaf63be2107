using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>Roles and ClusterRoles, after apis/rbac/validation/validation.go.</summary>
internal sealed class RoleRules : KindRules
{
    public override TextRule NameRule => Names.PathSegment;

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var namespaced = item.Text("kind") == "Role";
        var i = 0;
        foreach (var rule in item.Each("rules"))
        {
            var field = $"rules[{i++}]";
            var urls = rule.List("nonResourceURLs") is { Count: > 0 };
            var groups = rule.List("apiGroups") is { Count: > 0 };
            var resources = rule.List("resources") is { Count: > 0 };
            if (rule.List("verbs") is not { Count: > 0 })
            {
                errors.Required($"{field}.verbs", "verbs must contain at least one value");
            }

            if (urls)
            {
                if (namespaced)
                {
                    errors.Invalid($"{field}.nonResourceURLs", rule["nonResourceURLs"]!.DeepClone(), "namespaced rules cannot apply to non-resource URLs");
                }

                if (groups || resources)
                {
                    errors.Invalid($"{field}.nonResourceURLs", rule["nonResourceURLs"]!.DeepClone(), "rules cannot apply to both regular resources and non-resource URLs");
                }

                continue;
            }

            if (!groups)
            {
                errors.Required($"{field}.apiGroups", "resource rules must supply at least one api group");
            }

            if (!resources)
            {
                errors.Required($"{field}.resources", "resource rules must supply at least one resource");
            }
        }

        if (item.Map("aggregationRule") is { } aggregation && aggregation.List("clusterRoleSelectors") is not { Count: > 0 })
        {
            errors.Required("aggregationRule.clusterRoleSelectors", "at least one clusterRoleSelector required if aggregationRule is non-nil");
        }
    }
}

/// <summary>RoleBindings and ClusterRoleBindings: the role is fixed.</summary>
internal sealed class RoleBindingRules : KindRules
{
    private const string Group = "rbac.authorization.k8s.io";

    public override TextRule NameRule => Names.PathSegment;

    public override void Default(JsonObject item)
    {
        item.Map("roleRef")?.FillText("apiGroup", Group);
        foreach (var subject in item.Each("subjects"))
        {
            if (subject.Text("kind") is "User" or "Group")
            {
                subject.FillText("apiGroup", Group);
            }
        }
    }

    public override void Validate(JsonObject item, JsonObject? old, Findings errors)
    {
        var role = item.Map("roleRef") ?? [];
        var namespaced = item.Text("kind") == "RoleBinding";
        errors.OneOf("roleRef.apiGroup", role.Text("apiGroup") ?? "", Group);
        errors.OneOf("roleRef.kind", role.Text("kind") ?? "", namespaced ? ["Role", "ClusterRole"] : ["ClusterRole"]);
        errors.Need("roleRef.name", role.Text("name"), Names.PathSegment);
        var i = 0;
        foreach (var subject in item.Each("subjects"))
        {
            Subject(subject, namespaced, $"subjects[{i++}]", errors);
        }

        if (old is not null && !Json.Equal(item["roleRef"], old["roleRef"]))
        {
            var shown = new JsonObject { ["APIGroup"] = role.Text("apiGroup") ?? "", ["Kind"] = role.Text("kind") ?? "", ["Name"] = role.Text("name") ?? "" };
            errors.Invalid("roleRef", shown, "cannot change roleRef");
        }
    }

    private static void Subject(JsonObject subject, bool namespaced, string field, Findings errors)
    {
        var (name, group) = (subject.Text("name") ?? "", subject.Text("apiGroup") ?? "");
        errors.Need($"{field}.name", name);
        switch (subject.Text("kind"))
        {
            case "ServiceAccount":
                if (name.Length > 0)
                {
                    errors.Check($"{field}.name", name, Names.Subdomain);
                }

                errors.OneOf($"{field}.apiGroup", group, "");
                if (!namespaced)
                {
                    errors.Need($"{field}.namespace", subject.Text("namespace"));
                }

                break;
            case "User" or "Group":
                errors.OneOf($"{field}.apiGroup", group, Group);
                break;
            default:
                errors.OneOf($"{field}.kind", subject.Text("kind") ?? "", "ServiceAccount", "User", "Group");
                break;
        }
    }
}
