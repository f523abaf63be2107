using Fleet.KubeSim.Resources;

namespace Fleet.KubeSim.Simulation;

/// <summary>Where the kinds that controllers work on are stored.</summary>
internal static class KnownKinds
{
    public static readonly ResourceKey Namespaces = new("", "namespaces");
    public static readonly ResourceKey Pods = new("", "pods");
    public static readonly ResourceKey Services = new("", "services");
    public static readonly ResourceKey ServiceAccounts = new("", "serviceaccounts");
    public static readonly ResourceKey ConfigMaps = new("", "configmaps");
    public static readonly ResourceKey Nodes = new("", "nodes");
    public static readonly ResourceKey ReplicationControllers = new("", "replicationcontrollers");
    public static readonly ResourceKey PersistentVolumeClaims = new("", "persistentvolumeclaims");
    public static readonly ResourceKey PersistentVolumes = new("", "persistentvolumes");
    public static readonly ResourceKey Deployments = new("apps", "deployments");
    public static readonly ResourceKey ReplicaSets = new("apps", "replicasets");
    public static readonly ResourceKey StatefulSets = new("apps", "statefulsets");
    public static readonly ResourceKey DaemonSets = new("apps", "daemonsets");
    public static readonly ResourceKey ControllerRevisions = new("apps", "controllerrevisions");
    public static readonly ResourceKey Jobs = new("batch", "jobs");
    public static readonly ResourceKey CronJobs = new("batch", "cronjobs");
    public static readonly ResourceKey Ingresses = new("networking.k8s.io", "ingresses");
    public static readonly ResourceKey EndpointSlices = new("discovery.k8s.io", "endpointslices");
    public static readonly ResourceKey Autoscalers = new("autoscaling", "horizontalpodautoscalers");
    public static readonly ResourceKey DisruptionBudgets = new("policy", "poddisruptionbudgets");
    public static readonly ResourceKey ClusterRoles = new("rbac.authorization.k8s.io", "clusterroles");
    public static readonly ResourceKey ApiServices = new("apiregistration.k8s.io", "apiservices");
    public static readonly ResourceKey CustomResourceDefinitions = new("apiextensions.k8s.io", "customresourcedefinitions");
}
