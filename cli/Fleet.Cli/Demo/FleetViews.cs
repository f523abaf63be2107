using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;
using Fleet.Cli.Commands;
using Fleet.Cli.Output;
using Fleet.V1;

namespace Fleet.Cli.Demo;

/// <summary>What the demo looks at: the hub's word through its API, and the clusters' own through theirs.</summary>
internal static class FleetViews
{
    public static readonly GroupVersionKind Deployment = new("apps", "v1", "Deployment");

    public static async Task<Assignment> AssignmentAsync(this DemoFleet fleet, string name, CancellationToken cancellationToken) =>
        (await fleet.Hub.Api.GetAsync(new GetRequest { Kind = "Assignment", Name = name }, fleet.Hub.Call(cancellationToken))).Assignment;

    public static async Task<Cluster> ClusterAsync(this DemoFleet fleet, string name, CancellationToken cancellationToken) =>
        (await fleet.Hub.Api.GetAsync(new GetRequest { Kind = "Cluster", Name = name }, fleet.Hub.Call(cancellationToken))).Cluster;

    public static async Task<IReadOnlyList<ClusterAssignment>> ClusterAssignmentsAsync(this DemoFleet fleet, string assignment, string cluster, CancellationToken cancellationToken) =>
        [.. (await Listing.AllAsync(fleet.Hub, new ListRequest { Kind = "ClusterAssignment", Assignment = assignment, Cluster = cluster }, 0, cancellationToken)).Select(r => r.ClusterAssignment)];

    /// <summary>Null when the Assignment is Ready in so many clusters at the commit; else what it says.</summary>
    public static async Task<string?> NotReadyAsync(this DemoFleet fleet, string name, int clusters, string commit, CancellationToken cancellationToken)
    {
        var status = (await fleet.AssignmentAsync(name, cancellationToken)).Status ?? new AssignmentStatus();
        var ready = ResourceTable.Ready(status.Conditions) == "True" && status.Counts?.Ready == clusters && status.Counts?.Clusters == clusters && (commit.Length == 0 || status.Revision == commit);
        return ready ? null : $"{name}: {status.Counts?.Ready ?? 0} of {status.Counts?.Clusters ?? 0} ready at {ResourceTable.Dash(ResourceTable.Short(status.Revision))} ({ResourceTable.ReadyMessage(status.Conditions)})"
            + string.Concat(status.NotReady.Take(4).Select(c => $"\n  {c.Cluster}: {c.Phase} {c.Message}"));
    }

    public static async Task<JsonObject?> ReadAsync(this DemoFleet fleet, string cluster, GroupVersionKind kind, string ns, string name, CancellationToken cancellationToken)
    {
        var api = fleet.Kube(cluster);
        var resource = await api.ResolveAsync(kind, cancellationToken);
        if (!resource.IsOk)
        {
            return null;
        }

        var live = await api.GetAsync(resource.Value, ns, name, cancellationToken);
        return live.IsOk ? live.Value.Json : null;
    }

    public static async Task<string> ImageAsync(this DemoFleet fleet, string cluster, CancellationToken cancellationToken) =>
        (await fleet.ReadAsync(cluster, Deployment, DemoContent.Namespace, "web", cancellationToken))?["spec"]?["template"]?["spec"]?["containers"]?[0]?["image"]?.GetValue<string>() ?? "";

    public static async Task<int> ReplicasAsync(this DemoFleet fleet, string cluster, CancellationToken cancellationToken) =>
        (await fleet.ReadAsync(cluster, Deployment, DemoContent.Namespace, "web", cancellationToken))?["spec"]?["replicas"]?.GetValue<int>() ?? -1;
}
