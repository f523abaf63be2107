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
    /// <param name="kube">The API server.</param>
    /// <param name="resource">Where the kind is served.</param>
    /// <param name="body">What shall be applied.</param>
    /// <param name="entry">Our stated intent, perhaps of an earlier pass; null: none.</param>
    /// <param name="owner">We.</param>
    /// <param name="policy">Of the Assignment.</param>
    /// <param name="past">What the other Assignments know of the object.</param>
    /// <param name="cancellationToken">Ends the calls.</param>
    public static async Task<AdoptionAnswer> AskAsync(IKubeApi kube, KubeResource resource, KubeObject body, InventoryEntry? entry, Ownership owner, AdoptPolicy policy, ObjectPast past, CancellationToken cancellationToken)
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
        IReadOnlyList<string> extra = [];
        if (outcome == AdoptionOutcome.CompareFirst)
        {
            var dry = await kube.ApplyAsync(resource, body, new(Ownership.FieldManager) { DryRun = true, Force = false }, cancellationToken).ConfigureAwait(false);
            if (!dry.IsOk && dry.Error.HttpStatus != 409) return AdoptionAnswer.Refused(live, ErrorJudge.Judge(dry.Error, hidden));
            outcome = AdoptionRule.AfterDryRun(live, dry.Value);
            if (outcome == AdoptionOutcome.Adopt && TakeOver.Goes(live, dry.Value!) is { } goes && Losses.Trial(live, goes) is { } trial)
            {
                var without = await kube.JsonPatchAsync(resource, live.Namespace, live.Name, trial, new(Ownership.FieldManager) { DryRun = true }, cancellationToken).ConfigureAwait(false);
                if (!without.IsOk) return AdoptionAnswer.Refused(live, ErrorJudge.Judge(without.Error, hidden));
                extra = Losses.Named(live, without.Value);
                if (extra.Count > 0) outcome = AdoptionOutcome.Refuse;
            }
        }
        return outcome switch
        {
            AdoptionOutcome.Ours when entry is not null => new(live, entry.Adopted, null),
            AdoptionOutcome.Ours or AdoptionOutcome.HandOver => Inherit(live, past),
            AdoptionOutcome.Adopt => new(live, true, null),
            _ => AdoptionAnswer.Refused(live, new(ErrorKind.Stalled, "Exists", AdoptionRule.RefusalMessage(live, policy, extra))),
        };
    }

    /// <summary>It bears our hub's marks, and our Inventory does not have it: another Assignment's, or ours from before the Inventory was lost.</summary>
    private static AdoptionAnswer Inherit(KubeObject live, ObjectPast past)
    {
        if (past.WasAdopted is { } adopted) return new(live, adopted, null);
        if (!past.IsKnown) return AdoptionAnswer.Refused(live, new(ErrorKind.Waiting, "OthersUnknown", $"{live.Key} belongs to another Assignment, whose inventory is not read yet"));
        // Nobody remembers whether it existed before us: then it is never deleted, only let go of.
        return new(live, true, null);
    }
}

/// <summary>What the cluster's other Assignments know of an object.</summary>
/// <param name="WasAdopted">It existed before Fleet; null: none of them has it.</param>
/// <param name="IsKnown">All their Inventories were read.</param>
internal sealed record ObjectPast(bool? WasAdopted, bool IsKnown);

/// <summary>Whether an object that is new to us may be applied.</summary>
/// <param name="Live">What stands there; null: nothing.</param>
/// <param name="Adopted">It was somebody else's: when it leaves, it is released and not deleted.</param>
/// <param name="Refusal">Why not; null when it may.</param>
internal sealed record AdoptionAnswer(KubeObject? Live, bool Adopted, ErrorVerdict? Refusal)
{
    public static readonly AdoptionAnswer Nothing = new(null, false, null);

    public static AdoptionAnswer Refused(KubeObject? live, ErrorVerdict why) => new(live, false, why);
}
