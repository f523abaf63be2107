using Fleet.Hub.Access;
using Fleet.Hub.Api.Ports;
using Fleet.Hub.Core.Clusters;
using Fleet.Hub.Sessions;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Audit;
using Fleet.Hub.Storage.Holds;
using Fleet.Hub.Storage.Signals;
using Fleet.Hub.Work;
using Fleet.V1;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Hub.Rollouts;

/// <summary>Settles held removals and incidents as an operator says.</summary>
internal sealed class HoldReleases(FleetDatabase database, FleetStores stores, ReportedHolds reported, SessionDirectory directory, TimeProvider time) : IHoldReleases
{
    public Task<ReleaseHoldResponse?> ReleaseHoldAsync(ReleaseHoldRequest request, Caller caller, CancellationToken cancellationToken) =>
        database.WriteAsync(async (tx, cancel) =>
        {
            if (await stores.Holds.GetByNameAsync(tx, request.Name, cancel).ConfigureAwait(false) is not { } hold)
            {
                return null;
            }

            var now = time.GetUtcNow();
            var outcome = request.Refuse ? RemovalHolds.Refused : RemovalHolds.Released;
            if (!await stores.Holds.SettleAsync(tx, hold.Name, outcome, caller.Name, now, cancel).ConfigureAwait(false))
            {
                return new ReleaseHoldResponse { Message = $"Hold {hold.Name} was settled before ({hold.Outcome}). Nothing was changed." };
            }

            await stores.Audit.AppendAsync(tx, AuditRow.New(caller.Name, request.Refuse ? "hold.refuse" : "hold.release", $"Hold/{hold.Name}", now) with
            {
                Message = hold.Message,
                Cluster = hold.Cluster,
                Assignment = hold.Assignment,
            }, cancel).ConfigureAwait(false);
            if (ReportedHolds.IsReported(hold.Reason) && !request.Refuse)
            {
                await reported.AnswerAsync(tx, hold.Name, cancel).ConfigureAwait(false);
            }

            if (hold.Assignment.Length > 0)
            {
                await stores.Work.RaiseNowAsync(tx, WorkKinds.Rollout, hold.Assignment, database.Clock, cancel).ConfigureAwait(false);
            }

            return new ReleaseHoldResponse
            {
                Message = request.Refuse
                    ? $"Hold {hold.Name} is refused: the objects are left where they are."
                    : $"Hold {hold.Name} is released: {hold.ItemCount} removals go on.",
            };
        }, cancellationToken);

    public async Task<Incident?> ReleaseIncidentAsync(ReleaseIncidentRequest request, Caller caller, CancellationToken cancellationToken)
    {
        var (incident, clusters) = await database.WriteAsync((tx, cancel) => ReleaseAsync(tx, request.Name, caller, cancel), cancellationToken).ConfigureAwait(false);
        if (incident is null)
        {
            return null;
        }

        // Sessions that were kept waiting begin again, and are then judged by the released incident.
        foreach (var id in clusters)
        {
            directory.Find(id)?.End(VerdictKind.RetryLater, "An operator has released the incident: connect again.");
        }

        var shown = new Incident
        {
            ApiVersion = "fleet/v1",
            Kind = IncidentStore.Kind,
            Metadata = new ObjectMeta { Name = incident.Name, Uid = incident.Id },
            Reason = incident.Reason,
            Message = incident.Message,
            Since = Timestamp.FromDateTimeOffset(incident.Since),
        };
        shown.Clusters.Add(incident.Clusters);
        if (incident.ReleasedAt is { } released)
        {
            shown.ReleasedTime = Timestamp.FromDateTimeOffset(released);
        }

        return shown;
    }

    private async Task<(StoredIncident? Incident, IReadOnlyList<string> Clusters)> ReleaseAsync(Transaction tx, string name, Caller caller, CancellationToken cancel)
    {
        if (await stores.Incidents.GetByNameAsync(tx, name, cancel).ConfigureAwait(false) is not { } incident)
        {
            return (null, []);
        }

        var now = time.GetUtcNow();
        var clusters = new List<string>();
        if (await stores.Incidents.ReleaseAsync(tx, name, caller.Name, now, cancel).ConfigureAwait(false))
        {
            await stores.Audit.AppendAsync(tx, AuditRow.New(caller.Name, "incident.release", $"Incident/{name}", now) with { Message = incident.Message }, cancel).ConfigureAwait(false);
            foreach (var clusterName in incident.Clusters)
            {
                if (await stores.Clusters.GetByNameAsync(tx, clusterName, cancel).ConfigureAwait(false) is { } cluster)
                {
                    clusters.Add(cluster.Id);
                    await LiftAsync(tx, incident, cluster.Id, now, cancel).ConfigureAwait(false);
                }
            }
        }

        return (await stores.Incidents.GetByNameAsync(tx, name, cancel).ConfigureAwait(false), clusters);
    }

    // A clone's identity is good again (the operator has seen to it that one copy is left), whatever value it presents next;
    // fencing off ends sessions at other nodes too.
    private async Task LiftAsync(Transaction tx, StoredIncident incident, string clusterId, DateTimeOffset now, CancellationToken cancel)
    {
        if (incident.Reason == IncidentReasons.Clone)
        {
            await stores.Clusters.TransitionAsync(tx, clusterId, nameof(Connectivity.Offline), now, null, cancel).ConfigureAwait(false);
        }

        await stores.Sync.FenceOffAsync(tx, clusterId, "", now, cancel).ConfigureAwait(false);
        tx.Signal(Topics.Sessions);
    }
}
