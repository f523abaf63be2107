using Fleet.Hub.Access;
using Fleet.Hub.Core.Assignments;
using Fleet.Hub.Core.Resources;
using Fleet.Hub.Core.Upgrades;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Audit;
using Fleet.Hub.Storage.Clusters;
using Fleet.Hub.Upgrades;
using Fleet.Hub.Work;
using Fleet.V1;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Hub.Api.Calls;

/// <summary>Begins, shows and settles upgrades of agents.</summary>
internal sealed class UpgradeCalls(FleetDatabase database, FleetStores stores, TimeProvider time, UpgradeRecords? records = null)
{
    private const int MaxText = 500;
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    public async Task<AgentUpgrade> CreateAsync(UpgradeAgentsRequest request, Caller caller, CancellationToken cancellationToken)
    {
        if (request.Image.Length is 0 or > MaxText || request.Version.Length is 0 or > MaxText)
        {
            throw Refusals.Invalid("Name the image and the version that it holds.");
        }

        if (!request.All && request.Groups.Count + request.Clusters.Count == 0)
        {
            throw Refusals.Invalid("Name groups or clusters, or say all.");
        }

        var within = TimeSpan.FromMinutes(5);
        if (request.ConnectWithin.Length > 0 && (!Durations.TryParse(request.ConnectWithin, out within) || within < TimeSpan.FromSeconds(1) || within > Longest))
        {
            throw Refusals.Invalid($"connect_within {Quoting.Quote(request.ConnectWithin)} is not a duration from 1s to 1h, such as 5m.");
        }

        return await database.WriteAsync(async (tx, cancel) =>
        {
            var chosen = await ChosenAsync(tx, request, cancel).ConfigureAwait(false);
            var wave = AgentUpgrades.Wave(request.Wave, chosen.Count) ?? throw Refusals.Invalid($"wave {Quoting.Quote(request.Wave)} is neither a number from 1 nor a percentage from 1% to 100%.");
            var now = time.GetUtcNow();
            var upgrade = new AgentUpgrade
            {
                Id = Guid.CreateVersion7(now).ToString("N")[^12..],
                Image = request.Image,
                Version = request.Version,
                Wave = wave,
                ConnectWithin = Duration.FromTimeSpan(within),
                CreatedTime = Timestamp.FromDateTimeOffset(now),
                CreatedBy = caller.Name,
                Clusters = { chosen.Select(c => new AgentUpgradeCluster { Id = c.Id, Name = c.Name, State = AgentUpgradeState.Waiting }) },
            };
            await RefuseOverlapAsync(tx, upgrade, cancel).ConfigureAwait(false);
            if (!await Records().InsertAsync(tx, upgrade, cancel).ConfigureAwait(false))
            {
                throw Refusals.Precondition("TAKEN", "An upgrade of that id exists already; ask again.");
            }

            await stores.Audit.AppendAsync(tx, AuditRow.New(caller.Name, "agent.upgrade", $"AgentUpgrade/{upgrade.Id}", now) with
            {
                Message = $"{chosen.Count} clusters to {request.Version} ({request.Image}), {wave} at once",
            }, cancel).ConfigureAwait(false);
            return upgrade;
        }, cancellationToken).ConfigureAwait(false);
    }

    public async Task<ListAgentUpgradesResponse> ListAsync(ListAgentUpgradesRequest request, CancellationToken cancellationToken)
    {
        var rows = await database.ReadAsync(Records().AllAsync, cancellationToken).ConfigureAwait(false);
        var response = new ListAgentUpgradesResponse();
        response.Upgrades.Add(rows.Select(UpgradeRecords.Read).Where(u => request.Id.Length == 0 || u.Id == request.Id).OrderByDescending(u => u.CreatedTime));
        return response;
    }

    public Task<AgentUpgrade> SettleAsync(SettleAgentUpgradeRequest request, Caller caller, CancellationToken cancellationToken) => database.WriteAsync(async (tx, cancel) =>
    {
        if (await Records().LockAsync(tx, request.Id, cancel).ConfigureAwait(false) is not { } row)
        {
            throw Refusals.NotFound($"There is no upgrade {Quoting.Quote(request.Id)}. See fleetctl agents status.");
        }

        var upgrade = UpgradeRecords.Read(row);
        if (upgrade.EndedTime is not null)
        {
            throw Refusals.Precondition("ENDED", $"The upgrade {upgrade.Id} has ended. Begin a new one.");
        }

        var next = AgentUpgrades.Settled(upgrade, request.Cancel);
        await Records().WriteAsync(tx, row, next, cancel).ConfigureAwait(false);
        await stores.Audit.AppendAsync(tx, AuditRow.New(caller.Name, request.Cancel ? "agent.upgrade.cancel" : "agent.upgrade.resume", $"AgentUpgrade/{upgrade.Id}", time.GetUtcNow()), cancel).ConfigureAwait(false);
        return next;
    }, cancellationToken);

    private async Task<IReadOnlyList<ClusterLabels>> ChosenAsync(Transaction tx, UpgradeAgentsRequest request, CancellationToken cancel)
    {
        var known = (await stores.Clusters.AllLabelsAsync(tx, cancel).ConfigureAwait(false)).Where(c => c.DeletedAt is null && c.State != "Revoked").ToList();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in request.Clusters)
        {
            names.Add(known.FirstOrDefault(c => c.Name == name)?.Id ?? throw GetCall.Missing(ResourceKind.Cluster, name));
        }

        var candidates = known.Select(c => new CandidateCluster(c.Id, c.Name, c.Labels)).ToList();
        foreach (var name in request.Groups)
        {
            var group = await stores.Resources.GetAsync(tx, nameof(ClusterGroup), name, cancel).ConfigureAwait(false) ?? throw GetCall.Missing(ResourceKind.ClusterGroup, name);
            names.UnionWith(ClusterMatch.Of(group.ClusterGroup().Spec, candidates));
        }

        var chosen = known.Where(c => request.All || names.Contains(c.Id)).OrderBy(c => c.Name, StringComparer.Ordinal).ToList();
        return chosen.Count > 0 ? chosen : throw Refusals.Invalid("That names no cluster at all.");
    }

    private async Task RefuseOverlapAsync(Transaction tx, AgentUpgrade upgrade, CancellationToken cancel)
    {
        var ids = upgrade.Clusters.Select(c => c.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var other in (await Records().AllAsync(tx, cancel).ConfigureAwait(false)).Select(UpgradeRecords.Read).Where(u => u.EndedTime is null))
        {
            if (other.Clusters.FirstOrDefault(c => c.State is AgentUpgradeState.Waiting or AgentUpgradeState.Ordered && ids.Contains(c.Id)) is { } both)
            {
                throw Refusals.Precondition("UNDER_WAY", $"The cluster {both.Name} is in the upgrade {other.Id}, which has not ended. Wait for it, or end it: fleetctl agents cancel {other.Id}.");
            }
        }
    }

    private UpgradeRecords Records() =>
        records ?? throw Refusals.Make(Grpc.Core.StatusCode.Unimplemented, "NOT_SERVED", "Upgrades of agents are not served by this hub node: it runs without the part that carries them out.");
}
