using Fleet.KubeSim.CustomResources;
using Fleet.KubeSim.Simulation;

namespace Fleet.KubeSim.Hosting;

/// <summary>The loops that run behind an API server: those that are part of it, and, unless switched off, the controllers and the kubelet.</summary>
internal sealed class ClusterControllers
{
    private readonly ControllerLoop _loop;

    public ClusterControllers(ClusterState cluster)
    {
        var context = new ControllerContext(cluster);
        var controllers = new List<SimulationController> { new DefinitionController(context) };
        if (cluster.Options.Controllers)
        {
            controllers.AddRange(ManagerControllers(context));
            if (cluster.Options.Kubelet)
            {
                controllers.Add(new PodController(context));
                controllers.Add(new LoadBalancerController(context, KnownKinds.Services));
                controllers.Add(new LoadBalancerController(context, KnownKinds.Ingresses));
            }
        }

        _loop = new ControllerLoop(context, controllers);
    }

    public void Start() => _loop.Start();

    public Task StopAsync() => _loop.StopAsync();

    private static IEnumerable<SimulationController> ManagerControllers(ControllerContext context) =>
    [
        new NamespaceController(context),
        new GarbageController(context),
        new ReplicaController(context, KnownKinds.ReplicaSets, "ReplicaSet"),
        new ReplicaController(context, KnownKinds.ReplicationControllers, "ReplicationController"),
        new DeploymentController(context),
        new StatefulSetController(context),
        new DaemonSetController(context),
        new JobController(context),
        new JobOrphanController(context),
        new CronJobController(context),
        new ClaimController(context),
        new EndpointSliceController(context),
        new AutoscalerController(context),
        new DisruptionController(context),
        new RoleAggregationController(context),
        new ApiServiceController(context),
    ];
}
