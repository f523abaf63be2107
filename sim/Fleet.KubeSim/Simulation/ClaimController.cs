using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Storage;
using Fleet.KubeSim.Verbs;

namespace Fleet.KubeSim.Simulation;

/// <summary>Binds claims to volumes made for them, and lets go of both when the claim is deleted.</summary>
internal sealed class ClaimController(ControllerContext context) : SimulationController(context)
{
    private readonly Dictionary<string, DateTimeOffset> _since = new(StringComparer.Ordinal);

    public override IEnumerable<(string Namespace, string Name)> Affected(StoreEvent change)
    {
        if (change.Object.Resource == KnownKinds.Pods && change.Deleted)
        {
            foreach (var volume in (change.Object.ToJson().Map("spec").List("volumes") ?? []).OfType<JsonObject>())
            {
                if (volume.Map("persistentVolumeClaim").Text("claimName") is { } claim)
                {
                    yield return (change.Object.Namespace, claim);
                }
            }
        }

        foreach (var itself in Itself(change, KnownKinds.PersistentVolumeClaims))
        {
            yield return itself;
        }
    }

    public override TimeSpan? Reconcile(string ns, string name)
    {
        if (Context.Get(KnownKinds.PersistentVolumeClaims, ns, name) is not { } claim)
        {
            return null;
        }

        var (metadata, spec) = (claim.Map("metadata")!, claim.Map("spec")!);
        var uid = metadata.Text("uid")!;
        if (metadata.ContainsKey("deletionTimestamp"))
        {
            Release(ns, name, spec);
            return null;
        }

        if (claim.Map("status").Text("phase") == "Bound" || !Context.Options.Kubelet)
        {
            return null;
        }

        if (!_since.TryGetValue(uid, out var since))
        {
            _since[uid] = since = Context.Time;
        }

        var left = since + Context.Options.ReadyDelay - Context.Time;
        if (left > TimeSpan.Zero)
        {
            return left;
        }

        _since.Remove(uid);
        Bind(ns, name, claim, $"pvc-{uid}");
        return null;
    }

    private void Bind(string ns, string name, JsonObject claim, string volume)
    {
        var spec = claim.Map("spec")!;
        var capacity = spec.Map("resources").Map("requests")?.DeepClone();
        Context.Create(KnownKinds.PersistentVolumes, "", new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = volume },
            ["spec"] = new JsonObject
            {
                ["capacity"] = capacity?.DeepClone(),
                ["accessModes"] = spec.List("accessModes")?.DeepClone(),
                ["hostPath"] = new JsonObject { ["path"] = $"/simulated/{volume}" },
                ["persistentVolumeReclaimPolicy"] = "Delete",
                ["storageClassName"] = spec.Text("storageClassName") ?? "",
                ["claimRef"] = new JsonObject
                {
                    ["apiVersion"] = "v1", ["kind"] = "PersistentVolumeClaim", ["namespace"] = ns, ["name"] = name, ["uid"] = claim.Map("metadata").Text("uid"),
                },
            },
        });
        Context.ChangeStatus(KnownKinds.PersistentVolumes, "", volume, live => live.MapOrNew("status")["phase"] = "Bound");
        Context.Force(KnownKinds.PersistentVolumeClaims, ns, name, live =>
        {
            live.MapOrNew("spec")["volumeName"] = volume;
            var annotations = live.MapOrNew("metadata").MapOrNew("annotations");
            annotations["pv.kubernetes.io/bind-completed"] = "yes";
            annotations["pv.kubernetes.io/bound-by-controller"] = "yes";
        });
        Context.ChangeStatus(KnownKinds.PersistentVolumeClaims, ns, name, live =>
        {
            var status = live.MapOrNew("status");
            status["phase"] = "Bound";
            status["accessModes"] = spec.List("accessModes")?.DeepClone();
            status["capacity"] = capacity;
        });
    }

    /// <summary>A deleted claim stays as long as a pod uses it.</summary>
    private void Release(string ns, string name, JsonObject spec)
    {
        var used = Context.List(KnownKinds.Pods, ns).Select(p => p.ToJson()).Any(p => (p.Map("spec").List("volumes") ?? []).OfType<JsonObject>()
            .Any(v => v.Map("persistentVolumeClaim").Text("claimName") == name));
        if (used)
        {
            return;
        }

        Context.Change(KnownKinds.PersistentVolumeClaims, ns, name, live => Unprotect(live, "kubernetes.io/pvc-protection"));
        if (spec.Text("volumeName") is { Length: > 0 } volume && Context.Find(KnownKinds.PersistentVolumes, "", volume) is not null)
        {
            Context.Delete(KnownKinds.PersistentVolumes, "", volume);
            Context.Change(KnownKinds.PersistentVolumes, "", volume, live => Unprotect(live, "kubernetes.io/pv-protection"));
        }
    }

    private static void Unprotect(JsonObject live, string finalizer)
    {
        var metadata = live.MapOrNew("metadata");
        ObjectMetadata.SetFinalizers(metadata, [.. ObjectMetadata.Finalizers(metadata).Where(f => f != finalizer)]);
    }
}
