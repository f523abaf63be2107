using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Kube.Config;

namespace Fleet.Agent.Kube.Client;

/// <summary><see cref="IKubeApi"/> over HTTPS.</summary>
public sealed class KubeApi : IKubeApi, IDisposable
{
    private readonly KubeTransport _transport;
    /// <summary>One for each identity: what is served is read with its own rights.</summary>
    private readonly ConcurrentDictionary<string, Discovery> _discoveries;
    private readonly Discovery _discovery;
    private readonly string _user;
    private readonly bool _owns;

    public KubeApi(ClusterAccess access, KubeClientOptions options, TimeProvider time)
    {
        _transport = new(access, options, time);
        _discoveries = new(StringComparer.Ordinal);
        _user = "";
        _discovery = _discoveries.GetOrAdd(_user, _ => new(_transport, _user));
        _owns = true;
    }

    private KubeApi(KubeApi root, string user)
    {
        (_transport, _discoveries, _user) = (root._transport, root._discoveries, user);
        _discovery = _discoveries.GetOrAdd(user, _ => new(_transport, user));
    }

    public IKubeApi Impersonating(string user) => new KubeApi(this, user);

    public Task<KubeResult<KubeResource>> ResolveAsync(GroupVersionKind kind, CancellationToken cancellationToken) => _discovery.ResolveAsync(kind, cancellationToken);

    public void ForgetGroup(string group)
    {
        foreach (var discovery in _discoveries.Values) discovery.Forget(group);
    }

    public async Task<KubeResult<ServerVersion>> GetServerVersionAsync(CancellationToken cancellationToken)
    {
        var answer = await SendAsync(new(HttpMethod.Get, "/version"), cancellationToken).ConfigureAwait(false);
        if (!answer.IsOk) return answer.Error;
        var v = answer.Value;
        return new ServerVersion(v.Text("gitVersion") ?? "", v.Text("major") ?? "", v.Text("minor") ?? "", v.Text("platform") ?? "");
    }

    public Task<KubeResult<KubeObject>> GetAsync(KubeResource resource, string ns, string name, CancellationToken cancellationToken) =>
        ObjectAsync(new(HttpMethod.Get, resource.ObjectPath(ns, name)), cancellationToken);

    public async Task<KubeResult<KubeListPage>> ListAsync(KubeResource resource, Selection selection, int limit, string? continueToken, CancellationToken cancellationToken)
    {
        var query = KubeCall.Query(("labelSelector", selection.LabelSelector), ("fieldSelector", selection.FieldSelector),
            ("limit", limit > 0 ? limit.ToString(System.Globalization.CultureInfo.InvariantCulture) : ""), ("continue", continueToken ?? ""));
        var call = new KubeCall(HttpMethod.Get, resource.CollectionPath(selection.Namespace) + query) { MaxBytes = _transport.Options.MaxListBytes };
        var answer = await SendAsync(call, cancellationToken).ConfigureAwait(false);
        if (!answer.IsOk) return answer.Error;
        var items = new List<KubeObject>();
        if (answer.Value.List("items") is { } list)
        {
            foreach (var node in list)
            {
                if (node is not JsonObject item) continue;
                // Items of a typed list carry neither, though everything after us goes by them.
                item["apiVersion"] ??= resource.GroupVersionKind.ApiVersion;
                item["kind"] ??= resource.Kind;
                items.Add(new(item));
            }
        }
        var meta = answer.Value.Map("metadata");
        return new KubeListPage(items, meta.Text("resourceVersion") ?? "", meta.Text("continue") ?? "");
    }

    public Task<KubeResult<KubeObject>> ApplyAsync(KubeResource resource, KubeObject body, ApplyOptions options, CancellationToken cancellationToken)
    {
        var query = KubeCall.Query(("fieldManager", options.FieldManager), ("force", options.Force ? "true" : "false"),
            ("fieldValidation", options.FieldValidation), ("dryRun", options.DryRun ? "All" : ""));
        // JSON is YAML, and spares the server's YAML 1.1 guesses about what a plain word means.
        return ObjectAsync(new(HttpMethod.Patch, resource.ObjectPath(body.Namespace, body.Name) + query)
        {
            Body = KubeCall.Bytes(body.Json),
            ContentType = "application/apply-patch+yaml",
        }, cancellationToken);
    }

    public Task<KubeResult<KubeObject>> JsonPatchAsync(KubeResource resource, string ns, string name, JsonArray patch, WriteOptions options, CancellationToken cancellationToken) =>
        ObjectAsync(Patch(resource, ns, name, patch, "application/json-patch+json", options), cancellationToken);

    public Task<KubeResult<KubeObject>> MergePatchAsync(KubeResource resource, string ns, string name, JsonObject patch, WriteOptions options, CancellationToken cancellationToken) =>
        ObjectAsync(Patch(resource, ns, name, patch, "application/merge-patch+json", options), cancellationToken);

    public Task<KubeResult<KubeObject>> CreateAsync(KubeResource resource, KubeObject body, WriteOptions options, CancellationToken cancellationToken) =>
        ObjectAsync(new(HttpMethod.Post, resource.CollectionPath(body.Namespace) + Query(options)) { Body = KubeCall.Bytes(body.Json) }, cancellationToken);

    public Task<KubeResult<KubeObject>> UpdateAsync(KubeResource resource, KubeObject body, WriteOptions options, CancellationToken cancellationToken) =>
        ObjectAsync(new(HttpMethod.Put, Sub(resource.ObjectPath(body.Namespace, body.Name), options) + Query(options)) { Body = KubeCall.Bytes(body.Json) }, cancellationToken);

    public Task<KubeResult<KubeObject>> DeleteAsync(KubeResource resource, string ns, string name, DeleteOptions options, CancellationToken cancellationToken) =>
        ObjectAsync(new(HttpMethod.Delete, resource.ObjectPath(ns, name)) { Body = KubeCall.Bytes(DeleteBody.Of(options)) }, cancellationToken);

    public IAsyncEnumerable<WatchEvent> WatchAsync(KubeResource resource, Selection selection, string resourceVersion, CancellationToken cancellationToken) =>
        Watch.RunAsync(_transport, _user, resource, selection, resourceVersion, cancellationToken);

    public async Task<KubeResult<bool>> IsAllowedAsync(AccessQuestion question, CancellationToken cancellationToken)
    {
        var body = AccessReview.Body(question);
        var call = new KubeCall(HttpMethod.Post, AccessReview.Path) { Body = KubeCall.Bytes(body) };
        var answer = await SendAsync(call, cancellationToken).ConfigureAwait(false);
        if (!answer.IsOk) return answer.Error;
        return answer.Value.Map("status").Flag("allowed") == true;
    }

    public void Dispose()
    {
        if (_owns) _transport.Dispose();
    }

    private Task<KubeResult<JsonObject>> SendAsync(KubeCall call, CancellationToken cancellationToken) =>
        _transport.SendAsync(call with { ImpersonateUser = _user }, cancellationToken);

    private async Task<KubeResult<KubeObject>> ObjectAsync(KubeCall call, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(call, cancellationToken).ConfigureAwait(false);
        return answer.IsOk ? new KubeObject(answer.Value) : answer.Error;
    }

    private static KubeCall Patch(KubeResource resource, string ns, string name, JsonNode patch, string type, WriteOptions options) =>
        new(HttpMethod.Patch, Sub(resource.ObjectPath(ns, name), options) + Query(options)) { Body = KubeCall.Bytes(patch), ContentType = type };

    private static string Sub(string path, WriteOptions options) => options.Subresource.Length == 0 ? path : $"{path}/{options.Subresource}";

    private static string Query(WriteOptions options) => KubeCall.Query(("fieldManager", options.FieldManager),
        ("fieldValidation", options.FieldValidation), ("dryRun", options.DryRun ? "All" : ""));
}
