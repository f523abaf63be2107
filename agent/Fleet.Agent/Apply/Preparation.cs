using Fleet.Agent.Core.Adoption;
using Fleet.Agent.Core.Drift;
using Fleet.Agent.Core.Inventory;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Core.Plan;
using Fleet.Agent.Kube;

namespace Fleet.Agent.Apply;

/// <summary>Puts the ownership of an object's fields right around an apply.</summary>
internal static class Preparation
{
    private static readonly ApplyOptions Forced = new(Ownership.FieldManager);

    /// <summary>
    /// Two cases in which a plain apply would do harm: without our entry in managedFields (or with the old tool's in its place) nothing
    /// that Git dropped would go, and fields that are being left to others would be reset.
    /// </summary>
    /// <returns>The object as it is then.</returns>
    public static async Task<KubeResult<KubeObject>> BeforeAsync(IKubeApi kube, KubeResource resource, KubeObject live, InventoryEntry? entry, IReadOnlyList<IgnoreRule> ignored, CancellationToken cancellationToken)
    {
        // Another object under its name: nothing that is known of the old one holds for it.
        var known = entry is { IsIntent: false } && entry.Uid == live.Uid ? entry : null;
        if (entry is null or { IsIntent: true } || known is not null)
        {
            var taken = await TakeOverAsync(kube, resource, live, entry, cancellationToken).ConfigureAwait(false);
            if (!taken.IsOk) return taken;
            live = taken.Value;
        }
        var owned = ManagedEntry.OfApply(live, Ownership.FieldManager)?.Fields ?? known?.Fields.ToFieldsV1();
        if (IgnoreRule.Release(ignored, live, owned) is not { } release) return live;
        return await kube.ApplyAsync(resource, release, new(Ownership.ReleasedManager), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// What only the apply's answer shows: the server has made an entry of all that an unmanaged object held, beside which nothing could be
    /// removed; and fields that were held for others although no rule asks for it any more.
    /// </summary>
    public static async Task<KubeResult<KubeObject>> AfterAsync(IKubeApi kube, KubeResource resource, KubeObject body, KubeObject answer, bool adopted, IReadOnlyList<IgnoreRule> ignored, CancellationToken cancellationToken)
    {
        if (adopted && TakeOver.Patch(answer, null, v => v == answer.ApiVersion) is { } patch)
        {
            var patched = await kube.JsonPatchAsync(resource, answer.Namespace, answer.Name, patch, new(Ownership.FieldManager), cancellationToken).ConfigureAwait(false);
            if (!patched.IsOk) return patched;
            var again = await kube.ApplyAsync(resource, body, Forced, cancellationToken).ConfigureAwait(false);
            if (!again.IsOk) return again;
            answer = again.Value;
        }
        if (IgnoreRule.GiveBack(ignored, answer) is not { } back) return answer;
        return await kube.ApplyAsync(resource, back, new(Ownership.ReleasedManager), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Puts managedFields right where our entry is lost, or an old tool's stands in its place.</summary>
    private static async Task<KubeResult<KubeObject>> TakeOverAsync(IKubeApi kube, KubeResource resource, KubeObject live, InventoryEntry? entry, CancellationToken cancellationToken)
    {
        var served = new HashSet<string>(StringComparer.Ordinal) { live.ApiVersion };
        foreach (var version in ManagedEntry.All(live).Where(e => e.Manager == Ownership.FieldManager).Select(e => e.ApiVersion).Distinct().Where(v => v != live.ApiVersion).ToList())
        {
            if ((await kube.ResolveAsync(GroupVersionKind.Of(version, live.Kind), cancellationToken).ConfigureAwait(false)).IsOk) served.Add(version);
        }
        if (TakeOver.Patch(live, entry, served.Contains) is not { } patch) return live;
        return await kube.JsonPatchAsync(resource, live.Namespace, live.Name, patch, new(Ownership.FieldManager), cancellationToken).ConfigureAwait(false);
    }
}
