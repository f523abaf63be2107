using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Serving;
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

    public bool IsAllowed(KubeUser user, AccessAttributes attributes) => Decide(user, attributes).Allowed;

    /// <summary>The refusal in the server's words, or null where the user may.</summary>
    public ApiException? Refusal(KubeUser user, AccessAttributes attributes) =>
        Decide(user, attributes) is { Allowed: false, Reason: var reason } ? attributes.Refuse(user, reason) : null;

    /// <summary>The decision and its reason: the binding that allows, or the roles that bindings name and that are not there.</summary>
    public (bool Allowed, string Reason) Decide(KubeUser user, AccessAttributes attributes)
    {
        if (user.IsMaster)
        {
            return (true, "");
        }

        var missing = new List<string>();
        foreach (var (binding, subject, rules) in Bindings(user, attributes.Namespace))
        {
            if (rules is null)
            {
                missing.Add(binding.MissingRole);
            }
            else if (rules.Any(r => r.Allows(attributes)))
            {
                return (true, $"RBAC: allowed by {binding.Describe(subject)}");
            }
        }

        return (false, missing.Count switch { 0 => "", 1 => $"RBAC: {missing[0]}", _ => $"RBAC: [{string.Join(", ", missing.Distinct())}]" });
    }

    /// <summary>Every rule that holds for a user in a namespace (empty: cluster-wide only).</summary>
    public IEnumerable<RbacRule> Rules(KubeUser user, string ns) => Bindings(user, ns).SelectMany(b => b.Rules ?? []);

    /// <summary>The rules of a role as a binding in a namespace refers to it, or null when there is no such role.</summary>
    public IReadOnlyList<RbacRule>? RulesOf(string kind, string name, string ns) => _index.Value.RulesOf(kind, name, ns);

    private IEnumerable<(RbacBinding Binding, RbacSubject Subject, IReadOnlyList<RbacRule>? Rules)> Bindings(KubeUser user, string ns)
    {
        var index = _index.Value;
        foreach (var binding in index.Cluster)
        {
            if (binding.Binds(user, "") is { } subject)
            {
                yield return (binding, subject, index.RulesOf(binding.RoleKind, binding.RoleName, ""));
            }
        }

        foreach (var binding in ns.Length == 0 ? [] : index.Namespaced.Where(b => b.Namespace == ns))
        {
            if (binding.Binds(user, ns) is { } subject)
            {
                // What a namespaced binding grants never reaches paths that are no resource.
                yield return (binding, subject, index.RulesOf(binding.RoleKind, binding.RoleName, ns)?.Where(r => r.Paths.Count == 0).ToArray());
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
        public IReadOnlyList<RbacRule>? RulesOf(string kind, string name, string ns) => Roles.GetValueOrDefault((kind, kind == "Role" ? ns : "", name));
    }
}
