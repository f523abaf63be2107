using System.Text.Json.Nodes;
using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Kube;

namespace Fleet.Agent.Policy;

/// <summary>A connection on which calls for single objects are made only where they are allowed; the others fail without reaching the API server.</summary>
internal sealed class BoundedKubeApi(IKubeApi inner, Func<ObjectKey, ErrorVerdict?> refuses) : IKubeApi
{
    public IKubeApi Impersonating(string user) => new BoundedKubeApi(inner.Impersonating(user), refuses);

    public Task<KubeResult<KubeResource>> ResolveAsync(GroupVersionKind kind, CancellationToken cancellationToken) => inner.ResolveAsync(kind, cancellationToken);

    public void ForgetGroup(string group) => inner.ForgetGroup(group);

    public Task<KubeResult<ServerVersion>> GetServerVersionAsync(CancellationToken cancellationToken) => inner.GetServerVersionAsync(cancellationToken);

    public Task<KubeResult<KubeObject>> GetAsync(KubeResource resource, string ns, string name, CancellationToken cancellationToken) =>
        Refusal(resource, ns, name) ?? inner.GetAsync(resource, ns, name, cancellationToken);

    public Task<KubeResult<KubeListPage>> ListAsync(KubeResource resource, Selection selection, int limit, string? continueToken, CancellationToken cancellationToken) =>
        inner.ListAsync(resource, selection, limit, continueToken, cancellationToken);

    public Task<KubeResult<KubeObject>> ApplyAsync(KubeResource resource, KubeObject body, ApplyOptions options, CancellationToken cancellationToken) =>
        Refusal(resource, body.Namespace, body.Name) ?? inner.ApplyAsync(resource, body, options, cancellationToken);

    public Task<KubeResult<KubeObject>> JsonPatchAsync(KubeResource resource, string ns, string name, JsonArray patch, WriteOptions options, CancellationToken cancellationToken) =>
        Refusal(resource, ns, name) ?? inner.JsonPatchAsync(resource, ns, name, patch, options, cancellationToken);

    public Task<KubeResult<KubeObject>> MergePatchAsync(KubeResource resource, string ns, string name, JsonObject patch, WriteOptions options, CancellationToken cancellationToken) =>
        Refusal(resource, ns, name) ?? inner.MergePatchAsync(resource, ns, name, patch, options, cancellationToken);

    public Task<KubeResult<KubeObject>> CreateAsync(KubeResource resource, KubeObject body, WriteOptions options, CancellationToken cancellationToken) =>
        Refusal(resource, body.Namespace, body.Name) ?? inner.CreateAsync(resource, body, options, cancellationToken);

    public Task<KubeResult<KubeObject>> UpdateAsync(KubeResource resource, KubeObject body, WriteOptions options, CancellationToken cancellationToken) =>
        Refusal(resource, body.Namespace, body.Name) ?? inner.UpdateAsync(resource, body, options, cancellationToken);

    public Task<KubeResult<KubeObject>> DeleteAsync(KubeResource resource, string ns, string name, DeleteOptions options, CancellationToken cancellationToken) =>
        Refusal(resource, ns, name) ?? inner.DeleteAsync(resource, ns, name, options, cancellationToken);

    public IAsyncEnumerable<WatchEvent> WatchAsync(KubeResource resource, Selection selection, string resourceVersion, CancellationToken cancellationToken) =>
        inner.WatchAsync(resource, selection, resourceVersion, cancellationToken);

    public Task<KubeResult<bool>> IsAllowedAsync(AccessQuestion question, CancellationToken cancellationToken) => inner.IsAllowedAsync(question, cancellationToken);

    private Task<KubeResult<KubeObject>>? Refusal(KubeResource resource, string ns, string name)
    {
        // A cluster-scoped object lies in no namespace, whatever its manifest says.
        var key = new ObjectKey(resource.Group, resource.Kind, resource.Namespaced ? ns : "", name);
        return refuses(key) is { } why
            ? Task.FromResult<KubeResult<KubeObject>>(new KubeApiError { Failure = KubeFailure.Refused, Reason = why.Reason, Message = why.Message })
            : null;
    }
}
