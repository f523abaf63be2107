using Fleet.Hub.Core.Sessions;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Clusters;
using Fleet.Hub.Storage.Holds;
using Fleet.Hub.Storage.Sessions;

namespace Fleet.Hub.Sessions;

/// <summary>The reasons of incidents.</summary>
internal static class IncidentReasons
{
    public const string Fork = "Fork";
    public const string Clone = "Clone";
    public const string RestoredSecret = "RestoredSecret";
}

/// <summary>Troubles that an operator settles: one Fork for the fleet, a clone or a restored Secret for each cluster.</summary>
internal sealed class SessionIncidents(IncidentStore incidents, SyncStore syncs)
{
    private const string ForkName = "fork";

    private const string ForkMessage =
        "Agents accepted desired state that this hub does not know: it was restored, emptied or rewound. They keep what they have. "
        + "Check that the hub's Assignments are what you want, then release this incident: the agents will take the hub's word again.";

    /// <summary>The name of a cluster's own incident.</summary>
    public static string NameOf(string reason, string clusterName) => $"{reason.ToLowerInvariant()}-{clusterName}";

    /// <summary>Raises an incident of one cluster, or keeps the open one.</summary>
    public Task RaiseAsync(Transaction tx, string reason, StoredCluster cluster, string message, DateTimeOffset now, CancellationToken cancellationToken) =>
        incidents.PutAsync(
            tx,
            new StoredIncident(Guid.NewGuid().ToString(), NameOf(reason, cluster.Name), reason, message, [cluster.Name], now, null, ""),
            cancellationToken);

    /// <summary>Says whether a session's desired state must be withheld, or is to go on after a released Fork.</summary>
    public async Task<OpenedSession> JudgeAsync(Transaction tx, StoredCluster cluster, OpenedSession opened, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var restored = await incidents.GetByNameAsync(tx, NameOf(IncidentReasons.RestoredSecret, cluster.Name), cancellationToken).ConfigureAwait(false);
        if (restored is { ReleasedAt: null })
        {
            return opened with { Withheld = restored.Message };
        }

        if (opened.Resume.Kind != ResumeKind.Fork)
        {
            return opened;
        }

        var fork = await incidents.LockAsync(tx, ForkName, cancellationToken).ConfigureAwait(false);
        if (fork is { ReleasedAt: not null } && fork.Clusters.Contains(cluster.Name))
        {
            return await ReleaseAsync(tx, cluster, opened, cancellationToken).ConfigureAwait(false);
        }

        // A Fork that was released before is another one now: its clusters were let go on by name.
        IEnumerable<string> known = fork is { ReleasedAt: null } ? fork.Clusters : [];
        var names = known.Append(cluster.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        var message = $"{ForkMessage} Seen at {cluster.Name}: {opened.Resume.Why}";
        await incidents.PutAsync(
            tx, new StoredIncident(fork?.Id ?? Guid.NewGuid().ToString(), ForkName, IncidentReasons.Fork, message, [.. names], now, null, ""), cancellationToken).ConfigureAwait(false);
        return opened with { Withheld = opened.Resume.Why };
    }

    private async Task<OpenedSession> ReleaseAsync(Transaction tx, StoredCluster cluster, OpenedSession opened, CancellationToken cancellationToken)
    {
        var above = (long)Math.Min(opened.AgentPoint.Generation, long.MaxValue - 1);
        var link = await syncs.RestartChainAsync(tx, cluster.Id, above, opened.Lineage, cancellationToken).ConfigureAwait(false);
        return opened with { Released = new ChainPoint((ulong)link.Generation, link.Chain) };
    }
}
