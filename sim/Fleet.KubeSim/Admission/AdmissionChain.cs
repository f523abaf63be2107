using System.Text.Json.Nodes;
using Fleet.KubeSim.Access;
using Fleet.KubeSim.Hosting;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Serving;
using Fleet.KubeSim.Storage;
using Fleet.KubeSim.Verbs;

namespace Fleet.KubeSim.Admission;

/// <summary>What happens to an object between decoding and validation: the built-in plugins, then the hooks that a test has set.</summary>
public sealed class AdmissionChain
{
    private readonly Lock _gate = new();
    private readonly ClusterState _cluster;
    private List<Hook> _hooks = [];

    internal AdmissionChain(ClusterState cluster) => _cluster = cluster;

    /// <summary>
    /// Stands in for an admission webhook: it may change the review's object, and refuses the write by returning a message.
    /// </summary>
    /// <param name="name">The webhook's name, which refusals show.</param>
    /// <param name="hook">Returns null to let the write pass.</param>
    /// <param name="kind">The kind that it is called for, empty for all.</param>
    /// <param name="operations">What it is called for.</param>
    public void Add(string name, Func<AdmissionReview, string?> hook, string kind = "", AdmissionOperations operations = AdmissionOperations.Write) =>
        Add(new Hook(name, hook, kind, operations, Validates: false));

    /// <summary>A hook that only looks: it comes after all that may change the object, and what it changes is lost.</summary>
    public void AddValidating(string name, Func<AdmissionReview, string?> hook, string kind = "", AdmissionOperations operations = AdmissionOperations.Write) =>
        Add(new Hook(name, hook, kind, operations, Validates: true));

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

        Call(old is null ? AdmissionOperations.Create : AdmissionOperations.Update, resource, content, old, options.DryRun, options.User, options.Warnings);
    }

    internal void AdmitDeletion(ApiResource resource, StoredObject stored, DeleteOptions options)
    {
        if (_hooks.Any(h => h.Operations.HasFlag(AdmissionOperations.Delete)))
        {
            var content = stored.ToJson();
            Call(AdmissionOperations.Delete, resource, content, content, options.DryRun, options.User, options.Warnings);
        }
    }

    private void Add(Hook hook)
    {
        lock (_gate)
        {
            // All that may change an object come before those that only look at it.
            _hooks = [.. _hooks.Append(hook).OrderBy(h => h.Validates)];
        }
    }

    private void Call(AdmissionOperations operation, ApiResource resource, JsonObject content, JsonObject? old, bool dryRun, KubeUser? user, IList<string> warnings)
    {
        foreach (var hook in _hooks.Where(h => h.Operations.HasFlag(operation) && (h.Kind.Length == 0 || h.Kind == resource.Kind)))
        {
            var refusal = hook.Call(new AdmissionReview
            {
                Operation = operation.ToString().ToUpperInvariant(),
                ApiVersion = resource.GroupVersion,
                Kind = resource.Kind,
                DryRun = dryRun,
                User = user?.Name ?? "",
                Object = hook.Validates ? (JsonObject)content.DeepClone() : content,
                OldObject = old,
                Warnings = warnings,
            });
            if (refusal is not null)
            {
                throw new ApiException(
                    400, null, $"admission webhook \"{hook.Name}\" denied the request{(refusal.Length == 0 ? " without explanation" : $": {refusal}")}");
            }
        }
    }

    private sealed record Hook(string Name, Func<AdmissionReview, string?> Call, string Kind, AdmissionOperations Operations, bool Validates);
}
