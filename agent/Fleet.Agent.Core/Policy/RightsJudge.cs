using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Inventory;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Core.Signatures;

namespace Fleet.Agent.Core.Policy;

/// <summary>Decides what an Assignment may do in this cluster: by what is never allowed, and by the cluster's own policy. It only ever narrows; the API server's own authorizer comes after it.</summary>
public sealed class RightsJudge(OwnGround ground, PolicyStanding standing)
{
    public const string PolicyRefused = "PolicyRefused";

    /// <summary>Whether the Assignment may act at all, and as whom.</summary>
    public RightsVerdict Judge(Actor actor)
    {
        var user = "";
        if (actor.ServiceAccount.Length > 0)
        {
            if (ServiceAccountName.TryParse(actor.ServiceAccount) is not { } account)
            {
                return Refuse("BadServiceAccount", $"serviceAccount '{Shown(actor.ServiceAccount)}' is not NAMESPACE/NAME of a ServiceAccount. Correct it on the Assignment");
            }
            if (ground.RefusesAccount(account) is { } never) return Refuse("AccountRefused", never);
            user = account.User;
        }
        if (standing.Fault.Length > 0)
        {
            return Refuse(PolicyRefused, $"this cluster's policy cannot be read, so nothing is touched: {standing.Fault}. Mend the policy in the values of the agent's chart");
        }
        if (standing.Policy is not { } policy) return new(null, user, null);
        if (policy.RuleFor(actor) is not { } rule)
        {
            return Refuse(PolicyRefused, $"no rule of this cluster's policy is about the Assignment {Shown(actor.Assignment)} of source '{Shown(actor.SourceName)}' ({Shown(actor.SourceUrl)}). Have this cluster's operators add one to the policy in the values of the agent's chart");
        }
        return rule.RefusesAccount(actor) is { } why ? Refuse(PolicyRefused, Words(rule, why)) : new(null, user, rule);
    }

    /// <summary>Whether one object may be touched for this Assignment, by the policy as it is now.</summary>
    /// <returns>Null when it may.</returns>
    public ErrorVerdict? JudgeObject(Actor actor, ObjectKey key)
    {
        if (ground.RefusesObject(key) is { } never) return new(ErrorKind.Stalled, "AgentsOwn", never);
        var verdict = Judge(actor);
        if (verdict.Refusal is not null) return verdict.Refusal;
        return verdict.Rule?.RefusesObject(key) is { } why
            ? new(ErrorKind.Stalled, PolicyRefused, Words(verdict.Rule, $"{why}. Take it out of the Assignment, or have this cluster's operators widen the rule"))
            : null;
    }

    /// <summary>Whether a commit was signed by one of whom the rule asks it.</summary>
    /// <returns>Null when it was, or when no signature is asked for.</returns>
    public ErrorVerdict? JudgeCommit(PolicyRule? rule, ReadOnlySpan<byte> commit)
    {
        if (rule is not { Signers.Count: > 0 }) return null;
        var keys = rule.Signers.SelectMany(s => standing.Policy?.Signers.GetValueOrDefault(s) ?? []).ToList();
        return CommitSignature.Check(commit, keys) is { } why
            ? new(ErrorKind.Stalled, PolicyRefused, Words(rule, $"{why}. Have it signed by one of: {string.Join(", ", rule.Signers)}"))
            : null;
    }

    private static string Words(PolicyRule rule, string why) => $"refused by the rule '{rule.Name}' of this cluster's policy: {why}";

    private static RightsVerdict Refuse(string reason, string why) => new(new(ErrorKind.Stalled, reason, why), "", null);

    /// <summary>Names come from the hub and go into reports and logs.</summary>
    private static string Shown(string s)
    {
        var clean = string.Concat(s.Take(200).Select(c => char.IsControl(c) ? '?' : c));
        return clean.Length < s.Length ? clean + "…" : clean;
    }
}

/// <summary>Whether an Assignment may act.</summary>
/// <param name="Refusal">Why not; null when it may.</param>
/// <param name="User">Who is impersonated; empty: nobody.</param>
/// <param name="Rule">The policy's rule that allows it; null without a policy.</param>
public sealed record RightsVerdict(ErrorVerdict? Refusal, string User, PolicyRule? Rule);
