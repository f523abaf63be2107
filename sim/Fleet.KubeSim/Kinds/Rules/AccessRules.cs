using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;

namespace Fleet.KubeSim.Kinds.Rules;

/// <summary>Roles and ClusterRoles.</summary>
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
        if (role.Text("apiGroup") != Group)
        {
            errors.Add(FieldError.NotSupported("roleRef.apiGroup", role.Text("apiGroup") ?? "", Group));
        }

        if (item.Text("kind") == "RoleBinding")
        {
            errors.OneOf("roleRef.kind", role.Text("kind") ?? "", "ClusterRole", "Role");
        }
        else
        {
            errors.OneOf("roleRef.kind", role.Text("kind") ?? "", "ClusterRole");
        }

        if (string.IsNullOrEmpty(role.Text("name")))
        {
            errors.Required("roleRef.name");
        }

        var i = 0;
        foreach (var subject in item.Each("subjects"))
        {
            var field = $"subjects[{i++}]";
            if (string.IsNullOrEmpty(subject.Text("name")))
            {
                errors.Required($"{field}.name");
            }

            errors.OneOf($"{field}.kind", subject.Text("kind") ?? "", "Group", "ServiceAccount", "User");
            if (subject.Text("kind") == "ServiceAccount" && item.Text("kind") == "ClusterRoleBinding" && string.IsNullOrEmpty(subject.Text("namespace")))
            {
                errors.Required($"{field}.namespace");
            }
        }

        if (old is not null && !Json.Equal(item["roleRef"], old["roleRef"]))
        {
            var shown = new JsonObject { ["APIGroup"] = role.Text("apiGroup") ?? "", ["Kind"] = role.Text("kind") ?? "", ["Name"] = role.Text("name") ?? "" };
            errors.Invalid("roleRef", shown, "cannot change roleRef");
        }
    }
}
