using Fleet.Hub.Core.Assignments;
using Fleet.Hub.Storage.Clusters;
using Fleet.V1;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Hub.Api.Views;

/// <summary>A Cluster's conditions, out of its state.</summary>
internal static class ClusterConditions
{
    public static IEnumerable<Condition> Of(StoredCluster row, ClusterIdentity? identity, StoredDecommission? leaving, DateTimeOffset now)
    {
        var (status, message) = row.State switch
        {
            "Connected" => ("True", "The agent's session is open."),
            "Suspect" => ("Unknown", "The agent has not been heard for a while; it counts as offline after five minutes. What it runs stays."),
            "Offline" => ("False", "The agent is not connected: nothing reaches the cluster, and what was reported last may be out of date. Check the agent's pod and the network to the hub."),
            "Stale" => ("False", "The agent has not been connected for a day. If the cluster is gone, remove it with fleetctl clusters remove."),
            "PendingApproval" => ("False", $"The cluster waits for an operator: fleetctl clusters approve {row.Name}."),
            "NeverConnected" => ("False", "The cluster is enrolled and its agent has not connected yet."),
            "Quarantined" => ("False", "Two live copies of this agent's identity were seen. See fleetctl get incidents."),
            "Revoked" => ("False", "An operator has ended this cluster's identity. What it runs stays. Remove the record with fleetctl clusters remove to enroll it anew."),
            _ => ("Unknown", ""),
        };
        yield return new Condition { Type = "Ready", Status = status, Reason = row.State, Message = message, LastTransitionTime = Timestamp.FromDateTimeOffset(row.StateSince) };
        if (leaving is not null)
        {
            yield return new Condition
            {
                Type = "Decommissioning",
                Status = "True",
                Reason = leaving.Policy,
                Message = $"{leaving.Actor} is taking this cluster out of the fleet (policy {leaving.Policy.ToLowerInvariant()}); its identity ends once its agent has carried out every removal. If it never comes back: fleetctl clusters decommission {row.Name} --force.",
                LastTransitionTime = Timestamp.FromDateTimeOffset(leaving.Since),
            };
        }

        if (row.Spec.Length > 0 && Suspension.Of(ClusterSpec.Parser.ParseFrom(row.Spec), now) is { } suspension)
        {
            yield return DeclaredView.Suspended(suspension);
        }

        if (identity?.PendingKey is not null && row.State != "PendingApproval")
        {
            yield return new Condition
            {
                Type = "KeyPending",
                Status = "True",
                Reason = "NewKey",
                Message = $"An agent with another key asked to be this cluster, with a valid token but without proof of the old key: its state Secret was lost, or it is somebody else. If you expected it: fleetctl clusters approve {row.Name}.",
                LastTransitionTime = identity.PendingSince is { } since ? Timestamp.FromDateTimeOffset(since) : null,
            };
        }
    }
}
