using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.Simulation;

/// <summary>Says of an APIService whether the Service behind it is there; the simulator never serves what it would aggregate.</summary>
internal sealed class ApiServiceController(ControllerContext context) : SimulationController(context)
{
    public override IEnumerable<(string Namespace, string Name)> Affected(StoreEvent change)
    {
        if (change.Object.Resource == KnownKinds.ApiServices)
        {
            yield return ("", change.Object.Name);
        }
        else if (change.Object.Resource == KnownKinds.Services)
        {
            yield return ("", "");
        }
    }

    public override TimeSpan? Reconcile(string ns, string name)
    {
        foreach (var item in name.Length > 0 ? [name] : Context.List(KnownKinds.ApiServices).Select(a => a.Name).ToArray())
        {
            Judge(item);
        }

        return null;
    }

    private void Judge(string name)
    {
        if (Context.Get(KnownKinds.ApiServices, "", name) is not { } item)
        {
            return;
        }

        var service = item.Map("spec").Map("service");
        var there = service is null || Context.Find(KnownKinds.Services, service.Text("namespace") ?? "", service.Text("name") ?? "") is not null;
        var (reason, message) = service is null ? ("Local", "Local APIServices are always available")
            : there ? ("Passed", "all checks passed")
            : ("ServiceNotFound", $"service/{service.Text("name")} in \"{service.Text("namespace")}\" is not present");
        Context.ChangeStatus(
            KnownKinds.ApiServices, "", name, live => Conditions.Set(live.MapOrNew("status"), "Available", there, reason, message, Context.Now), "kube-apiserver");
    }
}
