using System.Text.Json.Nodes;
using Fleet.Agent.Core.Plan;

namespace Fleet.EndToEnd.Tests.Chaos;

/// <summary>Compares the clusters, and the hub's view of them, with what was meant; null when they are the same.</summary>
internal sealed class FleetCheck(ChaosWorld world, FleetModel model)
{
    private static readonly (string ApiVersion, string Kind)[] Kinds = [("v1", "ConfigMap"), ("v1", "Secret"), ("v1", "Service"), ("v1", "ServiceAccount"), ("apps/v1", "Deployment")];

    public string? Clusters()
    {
        foreach (var cluster in world.Clusters)
        {
            if (OfCluster(cluster) is { } wrong)
            {
                return $"{cluster}: {wrong}";
            }
        }

        return null;
    }

    /// <summary>What the hub says: connected and acknowledged, every Assignment ready where it belongs and nowhere else, nothing held, no incident.</summary>
    public async Task<string?> HubAsync()
    {
        foreach (var cluster in (await world.ListAsync("Cluster")).Select(c => c.Cluster))
        {
            if (cluster.Status is not { State: "Connected" } status || status.DesiredGeneration != status.AcknowledgedGeneration)
            {
                return $"cluster {cluster.Metadata.Name}: {cluster.Status?.State}, generation {cluster.Status?.AcknowledgedGeneration} of {cluster.Status?.DesiredGeneration}";
            }
        }

        if ((await world.ListAsync("Incident")).FirstOrDefault() is { } incident)
        {
            return $"incident {incident.Incident}";
        }

        if ((await world.ListAsync("Hold")).FirstOrDefault() is { } hold)
        {
            return $"hold {hold.Hold.Spec}";
        }

        var rows = (await world.ListAsync("ClusterAssignment")).Select(r => r.ClusterAssignment).ToDictionary(r => (r.Spec.Assignment, r.Spec.Cluster));
        foreach (var assignment in model.Live)
        {
            foreach (var cluster in model.Members(assignment))
            {
                if (!rows.Remove((assignment.Name, cluster), out var row))
                {
                    return $"{assignment.Name} is not at {cluster} yet";
                }

                if (row.Status is not { Phase: "Ready" } status || row.Spec.Removal.Length > 0 || status.AppliedRevision != row.Spec.Revision || status.Objects?.Desired != assignment.Objects.Count())
                {
                    return $"{assignment.Name} at {cluster}: {row.Status}";
                }
            }
        }

        if (rows.Count > 0)
        {
            return $"still at the hub: {string.Join(", ", rows.Select(r => $"{r.Key} {r.Value.Spec.Removal} {r.Value.Status?.Phase} {r.Value.Status?.Message}"))}";
        }

        var declared = (await world.ListAsync("Assignment")).Select(r => r.Assignment).ToList();
        foreach (var resource in declared)
        {
            var wanted = model.Live.FirstOrDefault(a => a.Name == resource.Metadata.Name);
            var counts = resource.Status?.Counts;
            if (wanted is null || counts is null || counts.Clusters != model.Members(wanted).Count() || counts.Ready != counts.Clusters)
            {
                return $"{resource.Metadata.Name}: {(wanted is null ? "still there" : counts?.ToString() ?? "no status")}";
            }
        }

        return declared.Count == model.Live.Count() ? null : $"{declared.Count} Assignments at the hub";
    }

    private string? OfCluster(string cluster)
    {
        var wanted = model.Wanted(cluster);
        var store = world[cluster].Store;
        foreach (var (apiVersion, kind) in Kinds)
        {
            foreach (var live in store.List(apiVersion, kind))
            {
                var metadata = live["metadata"]!;
                var id = new ObjectId(kind, (string?)metadata["namespace"] ?? "", (string)metadata["name"]!);
                var isOurs = metadata["labels"]?[Ownership.Label] is not null;
                if (wanted.Remove(id, out var meant))
                {
                    if (!isOurs || Difference(live, meant) is { } difference)
                    {
                        return $"{id} {(isOurs ? "is not as in Git" : "is not ours")}";
                    }
                }
                else if (isOurs && id.Namespace != "fleet-system")
                {
                    return $"{id} is an orphan: nobody wants it, and it is labelled as ours";
                }
                else if (id.Name.StartsWith('r') && id.Name.Contains("-o", StringComparison.Ordinal) && !model.MayStand(cluster, id))
                {
                    return $"{id} is left over";
                }
            }
        }

        return wanted.Count == 0 ? null : $"missing: {string.Join(", ", wanted.Keys)}";
    }

    private static string? Difference(JsonObject live, ModelObject meant)
    {
        var value = $"{meant.Value}";
        var own = meant.Id.Kind switch
        {
            "ConfigMap" => (string?)live["data"]?["value"] == value,
            "Secret" => (string?)live["data"]?["value"] == Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(value)),
            "Service" => (string?)live["spec"]?["selector"]?["app"] == "a" + value,
            "Deployment" => (int?)live["spec"]?["replicas"] == 1 && (string?)live["spec"]!["template"]!["spec"]!["containers"]![0]!["image"] == "registry.example.com/web:" + value,
            _ => true,
        };
        return own && (string?)live["metadata"]!["annotations"]?["chaos"] == value ? null : "differs";
    }
}
