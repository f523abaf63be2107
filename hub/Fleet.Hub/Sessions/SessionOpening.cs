using System.Security.Cryptography;
using Fleet.Hub.Core.Clusters;
using Fleet.Hub.Core.Sessions;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Clusters;
using Fleet.Hub.Storage.Identity;
using Fleet.Hub.Storage.Reports;
using Fleet.Hub.Storage.Sessions;
using Fleet.Hub.Storage.Targets;
using Fleet.V1;

namespace Fleet.Hub.Sessions;

/// <summary>Turns a Hello into a session, in one transaction.</summary>
internal sealed class SessionOpening(
    FleetDatabase database,
    SyncStore syncs,
    ClusterStore clusters,
    TargetStore targets,
    ReportStore reports,
    HubStateStore hub,
    SessionIncidents incidents,
    SessionRecords records,
    ClusterTransitions transitions,
    NodeIdentity node,
    TimeProvider time)
{
    public Task<OpenedSession> OpenAsync(string clusterId, Hello hello, CancellationToken cancellationToken) =>
        database.WriteAsync((tx, cancel) => OpenAsync(tx, clusterId, hello, cancel), cancellationToken);

    private async Task<OpenedSession> OpenAsync(Transaction tx, string clusterId, Hello hello, CancellationToken cancel)
    {
        // Always in this order, as every writer of both: first the session's row, then the cluster's.
        var sync = await syncs.LockAsync(tx, clusterId, cancel).ConfigureAwait(false);
        var cluster = await clusters.LockAsync(tx, clusterId, cancel).ConfigureAwait(false);
        if (Refusal(cluster, sync) is { } refused || cluster is null || sync is null)
        {
            return OpenedSession.Refused(VerdictKind.Revoked, SessionWords.Revoked) with { Refusal = Refusal(cluster, sync) };
        }

        var now = time.GetUtcNow();
        var continuity = Continuity.Unpack(sync.Continuity);
        // The same process that comes back is no copy of itself, whatever became of its last Welcome.
        var sameProcess = hello.BootId.Length > 0 && hello.BootId == sync.BootId;
        var verdict = sameProcess ? ContinuityVerdict.Same : continuity.Judge(hello.Continuity.Span, otherIsLive: sync.SessionId is not null);
        if (verdict == ContinuityVerdict.Cloned)
        {
            await syncs.FenceOffAsync(tx, clusterId, SessionWords.Quarantined, now, cancel).ConfigureAwait(false);
            await clusters.TransitionAsync(tx, clusterId, "Quarantined", now, null, cancel).ConfigureAwait(false);
            await incidents.RaiseAsync(tx, IncidentReasons.Clone, cluster, SessionWords.Quarantined, now, cancel).ConfigureAwait(false);
            await transitions.RaiseAsync(tx, clusterId, cancel).ConfigureAwait(false);
            return OpenedSession.Refused(VerdictKind.Quarantined, SessionWords.Quarantined);
        }

        var state = await hub.GetAsync(tx, cancel).ConfigureAwait(false) ?? throw new InvalidOperationException("The hub has no identity yet.");
        var lineage = state.Lineage.ToBytes();
        var resume = await ResumeAsync(tx, sync, lineage, hello, cancel).ConfigureAwait(false);

        // An agent that is ahead of this hub has a value that a restored hub never gave: that is the Fork's incident, and no second one.
        if (verdict == ContinuityVerdict.Restored && resume.Kind != ResumeKind.Fork)
        {
            await incidents.RaiseAsync(tx, IncidentReasons.RestoredSecret, cluster, SessionWords.Restored, now, cancel).ConfigureAwait(false);
        }

        var next = RandomNumberGenerator.GetBytes(Continuity.Length);
        var sessionId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var fence = await syncs.AttachAsync(
            tx,
            new SessionAttach(clusterId, node.Name, sessionId, hello.BootId, continuity.Issue(hello.Continuity.Span, next).Pack(), hello.Continuity.ToByteArray(), 0),
            now,
            cancel).ConfigureAwait(false) ?? throw new InvalidOperationException($"Cluster {clusterId} could not be attached.");
        await ConnectedAsync(tx, cluster, hello, now, cancel).ConfigureAwait(false);

        var opened = new OpenedSession
        {
            SessionId = sessionId,
            Fence = (ulong)fence,
            NextContinuity = next,
            Lineage = lineage,
            AgentPoint = new ChainPoint(hello.Generation, hello.Chain.ToByteArray()),
            Resume = resume,
            ReportsDiffer = await ReportsDifferAsync(tx, clusterId, hello, cancel).ConfigureAwait(false),
            Assignments = [.. (await targets.OfClusterAsync(tx, clusterId, 0, cancel).ConfigureAwait(false)).Select(target => target.Assignment)],
        };
        opened = await incidents.JudgeAsync(tx, cluster, opened, now, cancel).ConfigureAwait(false);
        if (opened.Withheld is null && opened.Resume.Kind is ResumeKind.UpToDate or ResumeKind.Delta && hello.Generation > 0)
        {
            // Its acknowledgement may have been lost with the last stream.
            await syncs.AcknowledgeAsync(tx, clusterId, fence, (long)hello.Generation, hello.Chain.ToByteArray(), cancel).ConfigureAwait(false);
            await records.DropFinishedAsync(tx, clusterId, cancel).ConfigureAwait(false);
        }

        return opened;
    }

    private static Verdict? Refusal(StoredCluster? cluster, ClusterSync? sync)
    {
        if (cluster is null || sync is null || cluster.RevokedAt is not null || cluster.State == "Revoked")
        {
            return new Verdict { Kind = VerdictKind.Revoked, Message = SessionWords.Revoked };
        }

        if (cluster.State == "PendingApproval")
        {
            return new Verdict { Kind = VerdictKind.RetryLater, Message = SessionWords.Pending };
        }

        return sync.Quarantine.Length > 0 ? new Verdict { Kind = VerdictKind.Quarantined, Message = sync.Quarantine } : null;
    }

    private async Task ConnectedAsync(Transaction tx, StoredCluster cluster, Hello hello, DateTimeOffset now, CancellationToken cancel)
    {
        await clusters.SeenAsync(tx, cluster.Id, hello.AgentVersion, hello.KubernetesVersion, now, cancel).ConfigureAwait(false);
        var before = Enum.TryParse<Connectivity>(cluster.State, out var state) ? state : Connectivity.NeverConnected;
        await clusters.TransitionAsync(tx, cluster.Id, nameof(Connectivity.Connected), now, now, cancel).ConfigureAwait(false);
        if (!ClusterLiveness.IsHeard(before))
        {
            await transitions.RaiseAsync(tx, cluster.Id, cancel).ConfigureAwait(false);
        }
    }

    private async Task<ResumeDecision> ResumeAsync(Transaction tx, ClusterSync sync, byte[] lineage, Hello hello, CancellationToken cancel)
    {
        var ring = hello.Generation is > 0 and <= long.MaxValue && await syncs.LinkAsync(tx, sync.Cluster, (long)hello.Generation, cancel).ConfigureAwait(false) is { } link
            ? new[] { new ChainPoint((ulong)link.Generation, link.Chain) }
            : [];
        return SessionResume.Decide(
            new AgentPosition(hello.Lineage.ToByteArray(), hello.Generation, hello.Chain.ToByteArray()),
            new HubPosition(lineage, new ChainPoint((ulong)sync.DesiredGeneration, sync.Chain), ring, (ulong)sync.AckedGeneration));
    }

    private async Task<bool> ReportsDifferAsync(Transaction tx, string clusterId, Hello hello, CancellationToken cancel)
    {
        var digests = await reports.DigestsAsync(tx, clusterId, cancel).ConfigureAwait(false);
        return !hello.ReportDigest.Span.SequenceEqual(ReportDigests.Fold(digests.Select(report => (report.Assignment, report.Digest))));
    }
}
