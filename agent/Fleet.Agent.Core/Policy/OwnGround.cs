using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Policy;

/// <summary>
/// What no Assignment may do in any cluster, with a policy or without: act as an account of Kubernetes itself or of the agent's
/// namespace, and touch what the agent lives on (its identity, its policy, its Deployment, its rights).
/// </summary>
public sealed class OwnGround(string agentNamespace)
{
    /// <summary>Names of the agent's own cluster-wide rights begin so (the chart's).</summary>
    public const string NamePrefix = "fleet-agent";

    /// <summary>Why nobody may be made to act as this account; null when it is no business of ours.</summary>
    public string? RefusesAccount(ServiceAccountName account)
    {
        if (account.Namespace.StartsWith("kube-", StringComparison.Ordinal))
        {
            return $"serviceAccount '{account}' belongs to Kubernetes itself: whoever acts as a controller's account is cluster-admin. Name an account in a tenant's namespace";
        }
        return account.Namespace == agentNamespace
            ? $"serviceAccount '{account}' lies in the agent's own namespace, where its identity is kept. Name an account in a tenant's namespace"
            : null;
    }

    /// <summary>Why this object is not to be touched; null when it is no business of ours.</summary>
    public string? RefusesObject(ObjectKey key)
    {
        var isOurs = key.Namespace == agentNamespace
            || key is { Group: "", Kind: "Namespace" } && key.Name == agentNamespace
            || key is { Group: "rbac.authorization.k8s.io", Namespace: "" } && IsOurName(key.Name);
        return isOurs
            ? $"{key} is the agent's own, or lies in its namespace '{agentNamespace}': it is never changed or removed as part of an Assignment. Upgrade agents with `fleetctl agents upgrade`, and move other objects to another namespace"
            : null;
    }

    private static bool IsOurName(string name) => name == NamePrefix || name.StartsWith(NamePrefix + "-", StringComparison.Ordinal);
}
