using Fleet.Agent.Core.Adoption;
using Fleet.Agent.Core.Drift;
using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Inventory;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Core.Plan;
using Fleet.Agent.Kube;

namespace Fleet.Agent.Apply;

/// <summary>Writes one object by a forced server-side apply, and says what we own of it afterwards.</summary>
internal static class Applier
{
    private static readonly ApplyOptions Forced = new(Ownership.FieldManager);

    /// <param name="kube">The API server.</param>
    /// <param name="item">What the Plan says.</param>
    /// <param name="body">The manifest; a copy of its own.</param>
    /// <param name="policy">Of the Assignment.</param>
    /// <param name="past">What the other Assignments know of the object.</param>
    /// <param name="entryLost">Our entry was seen to be gone from managedFields.</param>
    /// <param name="cancellationToken">Ends the calls.</param>
    public static async Task<ApplyOutcome> ApplyAsync(IKubeApi kube, ApplyItem item, KubeObject body, ApplyPolicy policy, Func<ObjectPast> past, bool entryLost, CancellationToken cancellationToken)
    {
        var hidden = body.Kind == "Secret";
        var resolved = await kube.ResolveAsync(body.GroupVersionKind, cancellationToken).ConfigureAwait(false);
        if (!resolved.IsOk) return ApplyOutcome.Failed(ErrorJudge.Judge(resolved.Error, hidden));
        var resource = resolved.Value;
        if (resource.Namespaced && body.Namespace.Length == 0)
        {
            // The kind was unknown when the manifest was scoped; the next rendering settles it.
            return ApplyOutcome.Failed(new(ErrorKind.Transient, "ScopeUnsettled", $"{item.Key} has no namespace yet; it is settled at the next try"));
        }
        var adopted = item.Entry?.Adopted ?? false;
        KubeObject? live = null;
        if (item.Entry is null || item.Entry.IsIntent)
        {
            var answer = await Adopter.AskAsync(kube, resource, body, item.Entry, policy.Owner, policy.Adopt, past(), cancellationToken).ConfigureAwait(false);
            if (answer.Refusal is { } refusal) return ApplyOutcome.Failed(refusal);
            (adopted, live) = (answer.Adopted, answer.Live);
            // First on record: after a crash in between it would look like something that we made.
            if (adopted && item.Entry is not { Adopted: true }) return ApplyOutcome.AfterRecord(new() { Key = item.Key, ApiVersion = body.ApiVersion, Adopted = true });
        }
        else if (IgnoreRule.Problem(policy.Ignored, item.Key, item.Entry.Fields) is { } unfollowed)
        {
            return ApplyOutcome.Failed(new(ErrorKind.Stalled, IgnoreRule.BadRule, unfollowed));
        }
        else
        {
            // A Job that went away meanwhile ran; an apply without its uid would run it once more.
            if (body is { Group: "batch", Kind: "Job" } && item.Entry.Replacing.Length == 0 && item.Reason is not (ApplyReason.Missing or ApplyReason.Replaced)) body.Json["metadata"]!["uid"] = item.Entry.Uid;
            if (entryLost || item.Reason == ApplyReason.Replaced || (policy.Ignored.Count > 0 && !item.Entry.Fields.IsNone))
            {
                var found = await kube.GetAsync(resource, body.Namespace, body.Name, cancellationToken).ConfigureAwait(false);
                if (!found.IsOk && !found.Error.IsObjectGone(body.Name)) return ApplyOutcome.Failed(ErrorJudge.Judge(found.Error, hidden));
                live = found.Value;
            }
        }
        if (live is not null)
        {
            var prepared = await Preparation.BeforeAsync(kube, resource, live, item.Entry, policy.Ignored, cancellationToken).ConfigureAwait(false);
            if (!prepared.IsOk) return ApplyOutcome.Failed(ErrorJudge.Judge(prepared.Error, hidden));
            // It is another's, or was when it was looked at; another may write it at this very moment: then 409, and everything is looked at again.
            if (item.Entry is null or { IsIntent: true } || live.Uid != item.Entry.Uid) body.Json["metadata"]!["resourceVersion"] = prepared.Value.ResourceVersion;
        }
        var applied = await kube.ApplyAsync(resource, body, Forced, cancellationToken).ConfigureAwait(false);
        if (applied.IsOk)
        {
            body.Metadata!.Remove("resourceVersion");
            var settled = await Preparation.AfterAsync(kube, resource, body, applied.Value, adopted, policy.Ignored, cancellationToken).ConfigureAwait(false);
            return settled.IsOk ? new(EntryOf(item, settled.Value, body, adopted), settled.Value, null) : ApplyOutcome.Failed(ErrorJudge.Judge(settled.Error, hidden));
        }
        var error = ErrorJudge.Judge(applied.Error, hidden);
        if (error.Reason == ErrorJudge.Immutable) return await ReplaceAsync(kube, resource, item, body, policy, error, cancellationToken).ConfigureAwait(false);
        if (applied.Error.HttpStatus == 409 && body.Uid.Length > 0) return await LookAsync(kube, resource, body, error, cancellationToken).ConfigureAwait(false);
        return ApplyOutcome.Failed(error);
    }

    /// <summary>Deletes what cannot be changed and makes it anew, where the Assignment says so; the intent stands in the Inventory first.</summary>
    private static async Task<ApplyOutcome> ReplaceAsync(IKubeApi kube, KubeResource resource, ApplyItem item, KubeObject body, ApplyPolicy policy, ErrorVerdict error, CancellationToken cancellationToken)
    {
        if (Replacement.Refuse(item.Key, error, policy.IsForced, item.Entry, policy.Adopt == AdoptPolicy.Always) is { } refusal) return ApplyOutcome.Failed(refusal);
        var entry = item.Entry!;
        if (entry.Replacing != entry.Uid) return ApplyOutcome.AfterRecord(entry with { Replacing = entry.Uid });
        var metadata = body.Metadata!;
        metadata.Remove("uid");
        metadata.Remove("resourceVersion");
        if (await Replacer.TakeAwayAsync(kube, resource, body, entry, policy.Owner, cancellationToken).ConfigureAwait(false) is { } notGone) return ApplyOutcome.Failed(notGone);
        var applied = await kube.ApplyAsync(resource, body, Forced, cancellationToken).ConfigureAwait(false);
        return applied.IsOk
            ? new(EntryOf(item, applied.Value, body, entry.Adopted), applied.Value, null)
            : ApplyOutcome.Failed(ErrorJudge.Judge(applied.Error, body.Kind == "Secret")) with { IsGone = true };
    }

    /// <summary>The object that was meant is not there any more: what is there instead decides what comes next.</summary>
    private static async Task<ApplyOutcome> LookAsync(IKubeApi kube, KubeResource resource, KubeObject body, ErrorVerdict error, CancellationToken cancellationToken)
    {
        var found = await kube.GetAsync(resource, body.Namespace, body.Name, cancellationToken).ConfigureAwait(false);
        return ApplyOutcome.Failed(error) with { IsGone = !found.IsOk && found.Error.IsObjectGone(body.Name), Answer = found.Value };
    }

    /// <summary>What the Inventory says of an object after an apply was answered.</summary>
    public static InventoryEntry EntryOf(ApplyItem item, KubeObject answer, KubeObject body, bool adopted)
    {
        var fields = OwnedFields.From(answer, Ownership.FieldManager, body);
        return new()
        {
            Key = item.Key,
            ApiVersion = body.ApiVersion,
            Uid = answer.Uid,
            RenderedHash = item.Desired.Hash,
            Fields = fields,
            ValuesHash = OwnedValues.Hash(answer, fields),
            // A Job that is done stays so for this manifest; another manifest is another run.
            JobDone = item.Entry is { JobDone: true } old && old.RenderedHash == item.Desired.Hash && old.Uid == answer.Uid,
            Adopted = adopted,
            PruneNever = Ownership.IsPruneNever(answer),
        };
    }
}
