using System.Text.Json.Nodes;
using Fleet.KubeSim.Access;
using Fleet.KubeSim.Hosting;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Serving;
using Fleet.KubeSim.Verbs;

namespace Fleet.KubeSim.Admission;

/// <summary>One write on its way into the store, as an admission hook sees it.</summary>
public sealed record AdmissionReview
{
    /// <summary>CREATE or UPDATE.</summary>
    public required string Operation { get; init; }

    public required string ApiVersion { get; init; }

    public required string Kind { get; init; }

    public required bool DryRun { get; init; }

    /// <summary>The object as it would be stored: a hook may change it.</summary>
    public required JsonObject Object { get; init; }

    /// <summary>The object as it is, null for a creation.</summary>
    public JsonObject? OldObject { get; init; }
}

/// <summary>What happens to an object between decoding and validation: the built-in plugins, then the hooks that a test has set.</summary>
public sealed class AdmissionChain
{
    private readonly Lock _gate = new();
    private readonly ClusterState _cluster;
    private List<(string Name, Func<AdmissionReview, string?> Hook)> _hooks = [];

    internal AdmissionChain(ClusterState cluster) => _cluster = cluster;

    /// <summary>
    /// Stands in for an admission webhook: it may change the review's object, and refuses the write by returning a message.
    /// </summary>
    public void Add(string name, Func<AdmissionReview, string?> hook)
    {
        lock (_gate)
        {
            _hooks = [.. _hooks, (name, hook)];
        }
    }

    public void Remove(string name)
    {
        lock (_gate)
        {
            _hooks = [.. _hooks.Where(h => h.Name != name)];
        }
    }

    internal void Admit(ApiResource resource, JsonObject content, JsonObject? old, WriteOptions options)
    {
        if (options.User is { } user)
        {
            EscalationCheck.Check(_cluster.Authorizer, user, resource, content, old);
        }

        if (old is null)
        {
            switch (resource)
            {
                case { Kind: "Pod", Group: "" }:
                    PodDefaults.Apply(content, _cluster);
                    break;
                case { Kind: "PersistentVolumeClaim", Group: "" }:
                    VolumeDefaults.Protect(content, "kubernetes.io/pvc-protection");
                    VolumeDefaults.ChooseClass(content, _cluster.Store);
                    break;
                case { Kind: "PersistentVolume", Group: "" }:
                    VolumeDefaults.Protect(content, "kubernetes.io/pv-protection");
                    break;
            }
        }

        foreach (var (name, hook) in _hooks)
        {
            var refusal = hook(new AdmissionReview
            {
                Operation = old is null ? "CREATE" : "UPDATE",
                ApiVersion = resource.GroupVersion,
                Kind = resource.Kind,
                DryRun = options.DryRun,
                Object = content,
                OldObject = old,
            });
            if (refusal is not null)
            {
                throw new ApiException(400, null, $"admission webhook \"{name}\" denied the request: {refusal}");
            }
        }
    }
}
