using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.Access;

/// <summary>Decides by the Role, ClusterRole and binding objects of the store.</summary>
internal sealed class RbacAuthorizer
{
    private const string Group = "rbac.authorization.k8s.io";
    private static readonly ResourceKey Roles = new(Group, "roles");
    private static readonly ResourceKey ClusterRoles = new(Group, "clusterroles");
    private static readonly ResourceKey RoleBindings = new(Group, "rolebindings");
    private static readonly ResourceKey ClusterRoleBindings = new(Group, "clusterrolebindings");
    private readonly ObjectStore _store;
    private volatile Lazy<Index> _index;

    public RbacAuthorizer(ObjectStore store)
    {
        _store = store;
        _index = new Lazy<Index>(Read);
        store.Observe(change =>
        {
            if (change.Object.Resource.Group == Group)
            {
                _index = new Lazy<Index>(Read);
            }
        });
    }

    public bool IsAllowed(KubeUser user, AccessAttributes attributes) => user.IsMaster || Rules(user, attributes.Namespace).Any(r => r.Allows(attributes));

    /// <summary>Every rule that holds for a user in a namespace (empty: cluster-wide only).</summary>
    public IEnumerable<RbacRule> Rules(KubeUser user, string ns)
    {
        var index = _index.Value;
        foreach (var binding in index.Cluster.Where(b => b.Binds(user, "")))
        {
            foreach (var rule in index.RulesOf(binding, ""))
            {
                yield return rule;
            }
        }

        if (ns.Length == 0)
        {
            yield break;
        }

        foreach (var binding in index.Namespaced.Where(b => b.Namespace == ns && b.Binds(user, ns)))
        {
            // What a namespaced binding grants never reaches paths that are no resource.
            foreach (var rule in index.RulesOf(binding, ns).Where(r => r.Paths.Count == 0))
            {
                yield return rule;
            }
        }
    }

    private Index Read()
    {
        var rules = new Dictionary<(string Kind, string Namespace, string Name), IReadOnlyList<RbacRule>>();
        foreach (var role in _store.List(Roles).Items)
        {
            rules[("Role", role.Namespace, role.Name)] = RbacRule.Parse(role.ToJson());
        }

        foreach (var role in _store.List(ClusterRoles).Items)
        {
            rules[("ClusterRole", "", role.Name)] = RbacRule.Parse(role.ToJson());
        }

        return new Index(
            rules,
            [.. _store.List(ClusterRoleBindings).Items.Select(RbacBinding.Parse)],
            [.. _store.List(RoleBindings).Items.Select(RbacBinding.Parse)]);
    }

    private sealed record Index(
        Dictionary<(string Kind, string Namespace, string Name), IReadOnlyList<RbacRule>> Roles,
        IReadOnlyList<RbacBinding> Cluster,
        IReadOnlyList<RbacBinding> Namespaced)
    {
        public IReadOnlyList<RbacRule> RulesOf(RbacBinding binding, string ns) =>
            Roles.GetValueOrDefault((binding.RoleKind, binding.RoleKind == "Role" ? ns : "", binding.RoleName), []);
    }
}

/// <summary>One binding of a role to its subjects.</summary>
internal sealed record RbacBinding(string Namespace, string RoleKind, string RoleName, IReadOnlyList<(string Kind, string Name, string Namespace)> Subjects)
{
    public static RbacBinding Parse(StoredObject stored)
    {
        var content = stored.ToJson();
        var subjects = (content["subjects"] as JsonArray ?? [])
            .Select(s => ((string?)s!["kind"] ?? "", (string?)s["name"] ?? "", (string?)s["namespace"] ?? ""));
        return new RbacBinding(stored.Namespace, (string?)content["roleRef"]?["kind"] ?? "", (string?)content["roleRef"]?["name"] ?? "", [.. subjects]);
    }

    public bool Binds(KubeUser user, string ns) => Subjects.Any(s => s.Kind switch
    {
        "User" => user.Name == s.Name,
        "Group" => user.Groups.Contains(s.Name),
        "ServiceAccount" => user.Name == $"system:serviceaccount:{(s.Namespace.Length > 0 ? s.Namespace : ns)}:{s.Name}",
        _ => false,
    });
}
