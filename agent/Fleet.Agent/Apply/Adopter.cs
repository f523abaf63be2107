using Fleet.Agent.Core.Adoption;
using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Inventory;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Core.Plan;
using Fleet.Agent.Kube;

namespace Fleet.Agent.Apply;

/// <summary>Looks at what stands under a name that our Inventory does not hold as applied, and asks the Core whether it may become ours.</summary>
internal static class Adopter
{
    public static async Task<AdoptionAnswer> AskAsync(IKubeApi kube, KubeResource resource, KubeObject body, InventoryEntry? entry, Ownership owner, AdoptPolicy policy, CancellationToken cancellationToken)
    {
        var hidden = body.Kind == "Secret";
        var found = await kube.GetAsync(resource, body.Namespace, body.Name, cancellationToken).ConfigureAwait(false);
        if (!found.IsOk)
        {
            // In a namespace that does not exist some servers name the namespace; the apply then says what is missing.
            var nothing = found.Error.HttpStatus == 404 && found.Error.Reason == "NotFound" && found.Error.DetailsName.Length > 0;
            return nothing ? AdoptionAnswer.Nothing : AdoptionAnswer.Refused(null, ErrorJudge.Judge(found.Error, hidden));
        }
        var live = found.Value;
        if (live.IsTerminating) return AdoptionAnswer.Refused(live, new(ErrorKind.Waiting, "Terminating", $"{live.Key} is being deleted; it is created anew once it is gone"));
        // Namespaces are shared between owners and never pruned: taking part changes only what the manifest names.
        var outcome = AdoptionRule.Decide(live, owner, entry, live is { Kind: "Namespace", Group: "" } ? AdoptPolicy.Always : policy);
        if (outcome == AdoptionOutcome.CompareFirst)
        {
            var dry = await kube.ApplyAsync(resource, body, new(Ownership.FieldManager) { DryRun = true, Force = false }, cancellationToken).ConfigureAwait(false);
            if (!dry.IsOk && dry.Error.HttpStatus != 409) return AdoptionAnswer.Refused(live, ErrorJudge.Judge(dry.Error, hidden));
            outcome = AdoptionRule.AfterDryRun(live, dry.Value);
        }
        return outcome switch
        {
            AdoptionOutcome.Ours or AdoptionOutcome.HandOver => new(live, false, null),
            AdoptionOutcome.Adopt => new(live, true, null),
            _ => AdoptionAnswer.Refused(live, new(ErrorKind.Stalled, "Exists", AdoptionRule.RefusalMessage(live, policy))),
        };
    }
}

/// <summary>Whether an object that is new to us may be applied.</summary>
/// <param name="Live">What stands there; null: nothing.</param>
/// <param name="Adopted">It was somebody else's: when it leaves, it is released and not deleted.</param>
/// <param name="Refusal">Why not; null when it may.</param>
internal sealed record AdoptionAnswer(KubeObject? Live, bool Adopted, ErrorVerdict? Refusal)
{
    public static readonly AdoptionAnswer Nothing = new(null, false, null);

    public static AdoptionAnswer Refused(KubeObject? live, ErrorVerdict why) => new(live, false, why);
}
