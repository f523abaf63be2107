using Fleet.KubeSim.Simulation;
using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.CustomResources;

internal sealed class DefinitionController(ControllerContext context) : SimulationController(context)
{
    public override IEnumerable<(string Namespace, string Name)> Affected(StoreEvent change) => Itself(change, KnownKinds.CustomResourceDefinitions);

    public override TimeSpan? Reconcile(string ns, string name) => null;
}
