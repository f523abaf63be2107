using Fleet.Agent.Content;
using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Core.Plan;
using Fleet.Agent.Kube;
using Fleet.Agent.Policy;
using Fleet.Agent.Timing;
using Fleet.Rendering;
using Fleet.Rendering.Files;

namespace Fleet.Agent.Reconcile;

/// <summary>From a target to the objects that shall be: content, rendering, scope, cleaning and labels.</summary>
internal sealed class AssignmentRenderer(ContentFetcher content, IObjectStore objects, AssignmentRights rights, WorkSlots slots)
{
    private const int MaxNamedErrors = 5;

    /// <returns>The set, or why there is none (yet).</returns>
    public async Task<(RenderedSet? Set, ErrorVerdict? Problem)> RenderAsync(V1.Target target, V1.TargetSpec spec, Ownership owner, Permit permit, CancellationToken cancellationToken)
    {
        if (spec.Render is { Format: not ("" or "raw") } other) return (null, Stalled("UnknownFormat", $"render.format is '{other.Format}', which this agent does not know. Write raw, or use a newer agent"));
        var roots = SpecReading.Roots(spec, out var path);
        if (path == "\0") return (null, Stalled("BadPath", $"path '{spec.Path}' leads out of the repository. Write a folder in it, without '..' and without a leading slash"));
        var (files, problem) = await content.GetAsync(target, roots, cancellationToken).ConfigureAwait(false);
        if (files is null) return (null, problem);
        if (Unsigned(target.Revision, permit) is { } unsigned) return (null, unsigned);
        (RenderedSet?, ErrorVerdict?) made = default;
        await (await slots.StartAsync(async () => made = await RenderFilesAsync(target, spec, owner, permit, path, files, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        return made;
    }

    private static async Task<(RenderedSet?, ErrorVerdict?)> RenderFilesAsync(V1.Target target, V1.TargetSpec spec, Ownership owner, Permit permit, string path, IFileTree files, CancellationToken cancellationToken)
    {
        RenderResult result;
        try
        {
            result = Renderer.Render(SpecReading.Request(spec, path, files));
        }
        catch (ContentException e)
        {
            return (null, ContentFetcher.Judge(e));
        }
        if (!result.IsOk) return (null, Stalled("RenderFailed", Words(result)));
        return await ScopeAsync(target, spec, owner, permit.Api!, result, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The commit's id was checked already; here, who signed it. Nothing of it is rendered before.</summary>
    /// <returns>Null when the rule asks for no signature, or it stands.</returns>
    public ErrorVerdict? Unsigned(string revision, Permit permit)
    {
        if (permit.Rule is not { Signers.Count: > 0 }) return null;
        return GitId.TryParse(revision, out var id) && objects.Read(id) is { Type: V1.GitObjectType.Commit } commit
            ? rights.AskForCommit(permit.Rule, commit.Bytes.Span)
            : new(ErrorKind.Transient, "Lost", $"the commit {revision} is not in the store any more; it is read again");
    }

    private static async Task<(RenderedSet?, ErrorVerdict?)> ScopeAsync(V1.Target target, V1.TargetSpec spec, Ownership owner, IKubeApi kube, RenderResult result, CancellationToken cancellationToken)
    {
        var declared = Scoping.DeclaredKinds(result.Objects.Select(o => o.Manifest));
        var kinds = new Dictionary<GroupVersionKind, bool?>();
        var notes = new List<string>(result.Notes);
        foreach (var kind in result.Objects.Select(o => KindOf(o)).Distinct())
        {
            var resource = await kube.ResolveAsync(kind, cancellationToken).ConfigureAwait(false);
            if (resource.IsOk) kinds[kind] = resource.Value.Namespaced;
            else if (resource.Error.Failure == KubeFailure.UnknownKind) kinds[kind] = declared.TryGetValue((kind.Group, kind.Kind), out var namespaced) ? namespaced : null;
            // Without discovery nothing can be said of any kind: later, as a whole.
            else return (null, ErrorJudge.Judge(resource.Error));
        }
        var fallback = spec.Render?.DefaultNamespace ?? "";
        foreach (var o in result.Objects)
        {
            if (kinds[KindOf(o)] is { } namespaced && Scoping.Settle(o.Manifest, namespaced, fallback) is { } note) notes.Add($"{o.Place}: {note}");
        }
        var full = DesiredSet.Of(result.Objects.Select(o => (o.Manifest, o.Place)), owner, SpecReading.Ignored(spec),
            spec.Render?.Duplicates == "last" ? DuplicatePolicy.Last : DuplicatePolicy.Error);
        full = full with { Notes = [.. notes, .. full.Notes] };
        return (RenderedSet.Of(target.Revision, target.SpecDigest, full, [.. kinds.Where(k => k.Value is null).Select(k => k.Key)]), null);
    }

    private static GroupVersionKind KindOf(RenderedObject o) => GroupVersionKind.Of(o.Manifest.Text("apiVersion") ?? "", o.Manifest.Text("kind") ?? "");

    private static string Words(RenderResult result)
    {
        var named = string.Join("; ", result.Errors.Take(MaxNamedErrors));
        var more = result.Errors.Count + result.MoreErrors - MaxNamedErrors;
        return more > 0 ? $"{named}; and {more} more errors" : named;
    }

    private static ErrorVerdict Stalled(string reason, string message) => new(ErrorKind.Stalled, reason, message);
}
