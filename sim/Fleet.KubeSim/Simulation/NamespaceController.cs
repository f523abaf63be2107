using System.Text.Json.Nodes;
using Fleet.KubeSim.Serving;
using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.Simulation;

/// <summary>Gives namespaces their default account and root CA, and empties and ends those that were deleted.</summary>
internal sealed class NamespaceController(ControllerContext context) : SimulationController(context)
{
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

        var content = Context.Cluster.Store.ListEverything(name);
        foreach (var item in content.Where(i => !i.Terminating))
        {
            Context.Delete(item.Resource, name, item.Name);
        }

        if (Context.Cluster.Store.ListEverything(name).Count > 0)
        {
            // What has finalizers or a grace period goes when its own time has come; each removal brings us back here.
            return null;
        }

        try
        {
            Context.Cluster.Objects.SetNamespaceFinalizers(Context.Resource(KnownKinds.Namespaces), name, null);
        }
        catch (ApiException e) when (e.Code == 404)
        {
            // Already gone.
        }

        return null;
    }
}
