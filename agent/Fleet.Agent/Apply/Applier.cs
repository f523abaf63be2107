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

    public static async Task<ApplyOutcome> ApplyAsync(IKubeApi kube, ApplyItem item, KubeObject body, Ownership owner, AdoptPolicy adopt, IReadOnlyList<IgnoreRule> ignored, bool entryLost, CancellationToken cancellationToken)
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
        if (item.Entry is null || item.Entry.IsIntent)
        {
            var answer = await Adopter.AskAsync(kube, resource, body, item.Entry, owner, adopt, cancellationToken).ConfigureAwait(false);
            if (answer.Refusal is { } refusal) return ApplyOutcome.Failed(refusal);
            adopted = answer.Adopted;
            if (answer.Live is { } live && await TakeOverAsync(kube, resource, live, item.Entry, cancellationToken).ConfigureAwait(false) is { } notTaken) return ApplyOutcome.Failed(notTaken);
        }
        else if (await PrepareAsync(kube, resource, body, item.Entry, ignored, entryLost, cancellationToken).ConfigureAwait(false) is { } notPrepared)
        {
            return ApplyOutcome.Failed(notPrepared);
        }
        var applied = await kube.ApplyAsync(resource, body, Forced, cancellationToken).ConfigureAwait(false);
        if (!applied.IsOk) return ApplyOutcome.Failed(ErrorJudge.Judge(applied.Error, hidden));
        return new(EntryOf(item, applied.Value, body, adopted), applied.Value, null);
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

    /// <summary>Two cases in which a plain apply would do harm: fields that are being left to others would be reset, and without our entry in managedFields nothing that Git dropped would go.</summary>
    private static async Task<ErrorVerdict?> PrepareAsync(IKubeApi kube, KubeResource resource, KubeObject body, InventoryEntry entry, IReadOnlyList<IgnoreRule> ignored, bool entryLost, CancellationToken cancellationToken)
    {
        if (!entryLost && (ignored.Count == 0 || entry.Fields.IsNone)) return null;
        var found = await kube.GetAsync(resource, body.Namespace, body.Name, cancellationToken).ConfigureAwait(false);
        if (!found.IsOk) return found.Error.IsObjectGone(body.Name) ? null : ErrorJudge.Judge(found.Error, body.Kind == "Secret");
        var live = found.Value;
        if (live.Uid == entry.Uid && await TakeOverAsync(kube, resource, live, entry, cancellationToken).ConfigureAwait(false) is { } error) return error;
        if (IgnoreRule.Release(ignored, live, entry.Fields.ToFieldsV1()) is not { } release) return null;
        var released = await kube.ApplyAsync(resource, release, new(Ownership.ReleasedManager), cancellationToken).ConfigureAwait(false);
        return released.IsOk ? null : ErrorJudge.Judge(released.Error, body.Kind == "Secret");
    }

    /// <summary>Puts managedFields right where our entry is lost, or an old tool's stands in its place.</summary>
    private static async Task<ErrorVerdict?> TakeOverAsync(IKubeApi kube, KubeResource resource, KubeObject live, InventoryEntry? entry, CancellationToken cancellationToken)
    {
        var served = new HashSet<string>(StringComparer.Ordinal) { live.ApiVersion };
        foreach (var version in ManagedEntry.All(live).Where(e => e.Manager == Ownership.FieldManager).Select(e => e.ApiVersion).Distinct().Where(v => v != live.ApiVersion).ToList())
        {
            if ((await kube.ResolveAsync(GroupVersionKind.Of(version, live.Kind), cancellationToken).ConfigureAwait(false)).IsOk) served.Add(version);
        }
        if (TakeOver.Patch(live, entry, served.Contains) is not { } patch) return null;
        var patched = await kube.JsonPatchAsync(resource, live.Namespace, live.Name, patch, new(Ownership.FieldManager), cancellationToken).ConfigureAwait(false);
        return patched.IsOk ? null : ErrorJudge.Judge(patched.Error, live.Kind == "Secret");
    }
}
