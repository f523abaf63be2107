using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Kube;

/// <summary>
/// The calls that the agent makes to its API server, with untyped objects. Every call has a time limit of its own and
/// answers errors as values; only the caller's cancellation throws.
/// </summary>
public interface IKubeApi
{
    /// <summary>The same connection, acting as another user (<c>system:serviceaccount:NS:NAME</c>) in every call, watches included.</summary>
    IKubeApi Impersonating(string user);

    /// <summary>Where a kind is served; cached, and asked anew when it is not known. <see cref="Core.Errors.KubeFailure.UnknownKind"/> when the server has no such kind.</summary>
    Task<KubeResult<KubeResource>> ResolveAsync(GroupVersionKind kind, CancellationToken cancellationToken);

    /// <summary>Forgets what is known of a group (after its CRD or APIService changed).</summary>
    void ForgetGroup(string group);

    Task<KubeResult<ServerVersion>> GetServerVersionAsync(CancellationToken cancellationToken);

    Task<KubeResult<KubeObject>> GetAsync(KubeResource resource, string ns, string name, CancellationToken cancellationToken);

    /// <param name="resource">What to list.</param>
    /// <param name="selection">Which of them.</param>
    /// <param name="limit">Objects a page.</param>
    /// <param name="continueToken">From the page before, or null for the first.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    Task<KubeResult<KubeListPage>> ListAsync(KubeResource resource, Selection selection, int limit, string? continueToken, CancellationToken cancellationToken);

    /// <summary>Server-side apply; the body's own apiVersion, kind, namespace and name say where it goes.</summary>
    Task<KubeResult<KubeObject>> ApplyAsync(KubeResource resource, KubeObject body, ApplyOptions options, CancellationToken cancellationToken);

    Task<KubeResult<KubeObject>> JsonPatchAsync(KubeResource resource, string ns, string name, JsonArray patch, WriteOptions options, CancellationToken cancellationToken);

    Task<KubeResult<KubeObject>> MergePatchAsync(KubeResource resource, string ns, string name, JsonObject patch, WriteOptions options, CancellationToken cancellationToken);

    Task<KubeResult<KubeObject>> CreateAsync(KubeResource resource, KubeObject body, WriteOptions options, CancellationToken cancellationToken);

    Task<KubeResult<KubeObject>> UpdateAsync(KubeResource resource, KubeObject body, WriteOptions options, CancellationToken cancellationToken);

    /// <summary>Deletes; the value is the object as it was last seen (with a deletionTimestamp while finalizers hold it), or a Status.</summary>
    Task<KubeResult<KubeObject>> DeleteAsync(KubeResource resource, string ns, string name, DeleteOptions options, CancellationToken cancellationToken);

    /// <summary>Events after <paramref name="resourceVersion"/>, bookmarks included, until the server closes the stream, an Error event, or cancellation.</summary>
    IAsyncEnumerable<WatchEvent> WatchAsync(KubeResource resource, Selection selection, string resourceVersion, CancellationToken cancellationToken);

    Task<KubeResult<bool>> IsAllowedAsync(AccessQuestion question, CancellationToken cancellationToken);
}
