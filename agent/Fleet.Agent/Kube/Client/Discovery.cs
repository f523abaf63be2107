using Fleet.Agent.Core.Errors;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Kube.Client;

/// <summary>
/// Where kinds are served. Only the group versions that are asked for are read (the whole of discovery is megabytes on a
/// cluster with many CRDs), and a kind that is not found is looked for again, since its CRD may have come meanwhile.
/// </summary>
internal sealed class Discovery(KubeTransport transport, string user)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Group, string Version), Known> _known = [];
    private readonly Dictionary<(string Group, string Version), SemaphoreSlim> _reading = [];

    public async Task<KubeResult<KubeResource>> ResolveAsync(GroupVersionKind kind, CancellationToken cancellationToken)
    {
        if (!IsPathSafe(kind.Group) || !IsPathSafe(kind.Version) || kind.Version.Length == 0) return Unknown(kind);
        if (Cached(kind) is { } cached) return cached;
        // One reader per group version: an aggregated API that hangs holds up nobody else's kinds.
        var one = Reader(kind);
        await one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (Cached(kind) is { } meanwhile) return meanwhile;
            var path = kind.Group.Length == 0 ? $"/api/{kind.Version}" : $"/apis/{kind.Group}/{kind.Version}";
            var answer = await transport.SendAsync(new(HttpMethod.Get, path) { MaxBytes = transport.Options.MaxListBytes, ImpersonateUser = user }, cancellationToken).ConfigureAwait(false);
            var resources = new Dictionary<string, KubeResource>(StringComparer.Ordinal);
            if (answer.IsOk)
            {
                foreach (var r in answer.Value.List("resources").Objects())
                {
                    var name = r.Text("name") ?? "";
                    // pods/log and the like are not kinds of their own, and Eviction is served below pods.
                    if (name.Length == 0 || name.Contains('/') || r.Text("kind") is not { Length: > 0 } k) continue;
                    resources[k] = new(kind.Group, kind.Version, k, name, r.Flag("namespaced") == true, [.. (r.List("verbs") ?? []).Select(v => v.AsText()).OfType<string>()]);
                }
            }
            else if (answer.Error.HttpStatus != 404)
            {
                return answer.Error; // A broken or busy server does not say that a kind is gone.
            }
            lock (_gate) _known[(kind.Group, kind.Version)] = new(resources, transport.Time.GetTimestamp());
            return resources.TryGetValue(kind.Kind, out var found) ? found : Unknown(kind);
        }
        finally
        {
            one.Release();
        }
    }

    public void Forget(string group)
    {
        lock (_gate)
        {
            foreach (var key in _known.Keys.Where(k => k.Group == group).ToList()) _known.Remove(key);
        }
    }

    private SemaphoreSlim Reader(GroupVersionKind kind)
    {
        lock (_gate)
        {
            var key = (kind.Group, kind.Version);
            return _reading.TryGetValue(key, out var one) ? one : _reading[key] = new(1, 1);
        }
    }

    private KubeResult<KubeResource>? Cached(GroupVersionKind kind)
    {
        lock (_gate)
        {
            if (!_known.TryGetValue((kind.Group, kind.Version), out var known)) return null;
            if (known.Resources.TryGetValue(kind.Kind, out var resource)) return resource;
            return transport.Time.GetElapsedTime(known.ReadAt) < transport.Options.UnknownKindLifetime ? (KubeResult<KubeResource>?)Unknown(kind) : null;
        }
    }

    private static KubeApiError Unknown(GroupVersionKind kind) => new()
    {
        Failure = KubeFailure.UnknownKind,
        DetailsKind = kind.Kind,
        DetailsGroup = kind.Group,
        Message = $"the cluster serves no kind {kind.Kind} in {kind.ApiVersion}",
    };

    /// <summary>Group and version come from manifests and become a path.</summary>
    private static bool IsPathSafe(string s) => s is not ("." or "..") && s.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-');

    private sealed record Known(Dictionary<string, KubeResource> Resources, long ReadAt);
}
