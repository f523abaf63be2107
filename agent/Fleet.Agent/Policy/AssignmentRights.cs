using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Inventory;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Core.Policy;
using Fleet.Agent.Kube;

namespace Fleet.Agent.Policy;

/// <summary>
/// The one place where Assignments get their connection to the API server: made as their own account, and bounded by what is
/// never allowed and by this cluster's policy as it is at the moment of each call.
/// </summary>
internal sealed class AssignmentRights(IKubeApi kube, OwnGround ground, PolicyWatch policy)
{
    public Permit Ask(Actor actor)
    {
        var verdict = Now().Judge(actor);
        if (verdict.Refusal is { } refusal) return new(refusal, "", null, null);
        var inner = verdict.User.Length == 0 ? kube : kube.Impersonating(verdict.User);
        return new(null, verdict.User, new BoundedKubeApi(inner, key => Now().JudgeObject(actor, key)), verdict.Rule);
    }

    /// <summary>The first of an Assignment's objects that may not be touched.</summary>
    public ErrorVerdict? AskFor(Actor actor, IEnumerable<ObjectKey> keys)
    {
        var judge = Now();
        return keys.Select(k => judge.JudgeObject(actor, k)).FirstOrDefault(v => v is not null);
    }

    public ErrorVerdict? AskForCommit(PolicyRule? rule, ReadOnlySpan<byte> commit) => Now().JudgeCommit(rule, commit);

    /// <summary>Who acts for an Assignment that is wanted here.</summary>
    public static Actor ActorOf(string name, V1.TargetSpec spec) => new(spec.ServiceAccount, name, spec.SourceName, spec.SourceUrl);

    private RightsJudge Now() => new(ground, policy.Standing);
}

/// <summary>Whether an Assignment may act.</summary>
/// <param name="Refusal">Why not; null when it may.</param>
/// <param name="User">Who is impersonated; empty: nobody.</param>
/// <param name="Api">The connection to act with; null when it may not.</param>
/// <param name="Rule">The policy's rule; null without a policy.</param>
internal sealed record Permit(ErrorVerdict? Refusal, string User, IKubeApi? Api, PolicyRule? Rule);
