using Fleet.Agent.Core.Inventory;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Policy;

/// <summary>One rule of a cluster's own policy: which Assignments it is about, as whom they act, and what they may hold.</summary>
public sealed record PolicyRule
{
    public required string Name { get; init; }
    /// <summary>Patterns on Assignment names; empty: all.</summary>
    public IReadOnlyList<string> Assignments { get; init; } = [];
    /// <summary>Patterns on a source's name or URL; empty: all.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];
    /// <summary>The account that an Assignment must name; null: it must name none, and acts with the agent's own rights.</summary>
    public ServiceAccountName? ServiceAccount { get; init; }
    /// <summary>Patterns on namespaces.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];
    /// <summary>Patterns such as <c>ConfigMap</c>, <c>Deployment.apps</c>, <c>*.batch</c>; <c>*</c> alone is every kind of every group.</summary>
    public IReadOnlyList<string> Kinds { get; init; } = [];
    /// <summary>Whether objects outside of namespaces are allowed at all; a Namespace must also be one of <see cref="Namespaces"/>.</summary>
    public bool ClusterScoped { get; init; }
    /// <summary>Signers of whom one must have signed the commit; empty: no signature is asked for.</summary>
    public IReadOnlyList<string> Signers { get; init; } = [];

    public bool IsAbout(Actor actor) =>
        (Assignments.Count == 0 || Wildcard.Any(Assignments, actor.Assignment))
        && (Sources.Count == 0 || (actor.SourceName.Length > 0 && Wildcard.Any(Sources, actor.SourceName)) || (actor.SourceUrl.Length > 0 && Wildcard.Any(Sources, actor.SourceUrl)));

    /// <summary>Why an Assignment may not act as it says; null when it may.</summary>
    public string? RefusesAccount(Actor actor)
    {
        if (actor.ServiceAccount == (ServiceAccount?.ToString() ?? "")) return null;
        var asked = actor.ServiceAccount.Length == 0 ? "names no serviceAccount" : $"names the serviceAccount '{actor.ServiceAccount}'";
        var wanted = ServiceAccount is { } account ? $"set serviceAccount: {account} on the Assignment" : "take serviceAccount off the Assignment";
        return $"the Assignment {asked}; {wanted}, or have this cluster's operators change the rule";
    }

    /// <summary>Why an object may not be part of an Assignment; null when it may.</summary>
    public string? RefusesObject(ObjectKey key)
    {
        if (!Kinds.Any(k => IsOfKind(k, key))) return $"{key} is of a kind that is not among its kinds";
        if (key.Namespace.Length > 0) return Wildcard.Any(Namespaces, key.Namespace) ? null : $"{key} lies in a namespace that is not among its namespaces";
        if (!ClusterScoped) return $"{key} lies outside of namespaces, and clusterScoped is not set";
        return key is { Group: "", Kind: "Namespace" } && !Wildcard.Any(Namespaces, key.Name) ? $"{key} is not among its namespaces" : null;
    }

    private static bool IsOfKind(string pattern, ObjectKey key)
    {
        if (pattern == "*") return true;
        var dot = pattern.IndexOf('.', StringComparison.Ordinal);
        var (kind, group) = dot < 0 ? (pattern, "") : (pattern[..dot], pattern[(dot + 1)..]);
        return Wildcard.Matches(kind, key.Kind) && Wildcard.Matches(group, key.Group);
    }
}
