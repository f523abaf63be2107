using Fleet.Agent.Core.Inventory;

namespace Fleet.Agent.Core.Policy;

/// <summary>A cluster's own policy. It binds the hub too: what no rule is about is refused, and the first rule that is about an Assignment decides.</summary>
public sealed record LocalPolicy(IReadOnlyList<PolicyRule> Rules)
{
    /// <summary>Public keys by signer, as the policy gives them.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<Signatures.SshKey>> Signers { get; init; } = new Dictionary<string, IReadOnlyList<Signatures.SshKey>>();

    public PolicyRule? RuleFor(Actor actor) => Rules.FirstOrDefault(r => r.IsAbout(actor));
}

/// <summary>What is known of the policy: none is asked for, one stands, or the one that was asked for cannot be used.</summary>
/// <param name="Policy">The policy; null when there is none, or it is broken.</param>
/// <param name="Fault">What is wrong with it, with line and key; empty when nothing is.</param>
public sealed record PolicyStanding(LocalPolicy? Policy, string Fault)
{
    public static readonly PolicyStanding None = new(null, "");

    public static PolicyStanding Broken(string fault) => new(null, fault);
}
