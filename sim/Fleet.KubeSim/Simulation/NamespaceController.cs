using System.Globalization;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Serving;
using Fleet.KubeSim.Storage;
using Fleet.KubeSim.Verbs;

namespace Fleet.KubeSim.Simulation;

/// <summary>Gives namespaces their default account and root CA, and empties and ends those that were deleted.</summary>
internal sealed class NamespaceController(ControllerContext context) : SimulationController(context)
{
    private const long FinalizerEstimate = 15;

    public override IEnumerable<(string Namespace, string Name)> Affected(StoreEvent change)
    {
        if (change.Object.Resource == KnownKinds.Namespaces)
        {
            yield return ("", change.Object.Name);
        }
        else if (change.Deleted && change.Object.Namespace.Length > 0)
        {
            yield return ("", change.Object.Namespace);
        }
    }

    public override TimeSpan? Reconcile(string ns, string name)
    {
        if (Context.Find(KnownKinds.Namespaces, "", name) is not { } found)
        {
            return null;
        }

        if (!found.Terminating)
        {
            if (Context.Find(KnownKinds.ServiceAccounts, name, "default") is null)
            {
                Context.Create(KnownKinds.ServiceAccounts, name, new JsonObject { ["metadata"] = new JsonObject { ["name"] = "default" } });
            }

            if (Context.Find(KnownKinds.ConfigMaps, name, "kube-root-ca.crt") is null)
            {
                Context.Create(KnownKinds.ConfigMaps, name, new JsonObject
                {
                    ["metadata"] = new JsonObject
                    {
                        ["name"] = "kube-root-ca.crt",
                        ["annotations"] = new JsonObject { ["kubernetes.io/description"] = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters." },
                    },
                    ["data"] = new JsonObject { ["ca.crt"] = Context.Cluster.AuthorityPem },
                });
            }

            return null;
        }

        return Empty(name, found);
    }

    /// <summary>Deletes what is left: pods first and, once they are gone, the rest; then lets the namespace go.</summary>
    private TimeSpan? Empty(string name, StoredObject found)
    {
        var metadata = found.ToJson().Map("metadata");
        var deleted = DateTimeOffset.Parse(metadata.Text("deletionTimestamp")!, CultureInfo.InvariantCulture);
        var wait = deleted + Context.Options.NamespaceDeletionDelay - Context.Time;
        if (wait > TimeSpan.Zero)
        {
            return wait;
        }

        var grace = Context.List(KnownKinds.Pods, name).Select(p => p.ToJson())
            .Where(p => p.Map("status").Text("phase") is not ("Succeeded" or "Failed"))
            .Select(p => p.Map("spec").Whole("terminationGracePeriodSeconds") ?? 0).DefaultIfEmpty(0).Max();
        var inTime = Context.Time - deleted < TimeSpan.FromSeconds(grace);
        var remaining = DeleteAll(name, Context.List(KnownKinds.Pods, name));
        if (remaining.Count == 0)
        {
            remaining = DeleteAll(name, Context.Cluster.Store.ListEverything(name));
        }

        var failures = remaining.GroupBy(r => r.Resource)
            .Where(g => !(g.Key == KnownKinds.Pods && inTime) && !g.Any(i => ObjectMetadata.Finalizers(i.ToJson().Map("metadata")!).Count > 0))
            .Select(g => $"unexpected items still remain in namespace: {name} for gvr: {GroupAndVersion(g.Key)}, Resource={g.Key.Plural}").ToArray();
        Context.ChangeStatus(KnownKinds.Namespaces, "", name, live => NamespaceConditions.Set(live, remaining, failures, Context.Now));
        if (remaining.Count > 0)
        {
            // Each removal brings us back here at once; the clock does when grace periods or finalizers take their time.
            return TimeSpan.FromSeconds((inTime ? grace : FinalizerEstimate) / 2 + 1);
        }

        Finalize(name);
        return null;
    }

    private IReadOnlyList<StoredObject> DeleteAll(string name, IReadOnlyList<StoredObject> items)
    {
        foreach (var item in items.Where(i => !i.Terminating))
        {
            Context.Delete(item.Resource, name, item.Name);
        }

        return [.. items.Select(i => Context.Find(i.Resource, name, i.Name)).OfType<StoredObject>()];
    }

    private string GroupAndVersion(ResourceKey key) => Context.Resource(key) is { Group: "" } core ? "/" + core.Version : Context.Resource(key).GroupVersion;

    private void Finalize(string name)
    {
        try
        {
            var spec = Context.Get(KnownKinds.Namespaces, "", name).Map("spec");
            var others = (spec.List("finalizers") ?? []).Select(f => (string?)f).Where(f => f != "kubernetes").Select(f => (JsonNode?)f).ToArray();
            Context.Cluster.Objects.SetNamespaceFinalizers(Context.Resource(KnownKinds.Namespaces), name, new JsonArray(others));
        }
        catch (ApiException e) when (e.Code == 404)
        {
            // Already gone.
        }
    }
}
