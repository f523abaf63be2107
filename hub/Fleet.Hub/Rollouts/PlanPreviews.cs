using Fleet.Hub.Access;
using Fleet.Hub.Api.Ports;
using Fleet.Hub.Assignments;
using Fleet.Hub.Core.Assignments;
using Fleet.Hub.Sessions;
using Fleet.Hub.Storage;
using Fleet.Hub.Work;
using Fleet.V1;

namespace Fleet.Hub.Rollouts;

/// <summary>Asks connected agents, by dry runs, what Assignments would change.</summary>
internal sealed class PlanPreviews(FleetDatabase database, FleetStores stores, AssignmentRevisions revisions, CommandDesk desk) : IPlanPreviews
{
    private const int MaxClusters = 5;
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(60);

    public async Task<DiffResponse> PreviewAsync(IReadOnlyList<Assignment> assignments, DiffRequest request, Caller caller, CancellationToken cancellationToken)
    {
        var response = new DiffResponse();
        foreach (var assignment in assignments)
        {
            var wanted = assignment.Clone();
            if (request.Ref.Length > 0)
            {
                wanted.Spec.Ref = request.Ref;
            }

            if (wanted.Metadata.Uid.Length == 0)
            {
                // Not stored yet: a name of its own for as long as it is previewed.
                wanted.Metadata.Uid = $"preview-{Guid.NewGuid():N}";
            }

            var scene = await SceneAsync(wanted, cancellationToken).ConfigureAwait(false);
            response.Joining.Add(scene.Joining.Select(name => $"{wanted.Metadata.Name}.{name}"));
            response.Leaving.Add(scene.Leaving.Select(name => $"{wanted.Metadata.Name}.{name}"));
            var revision = await revisions.ResolveAsync(wanted, scene.Source, "", cancellationToken).ConfigureAwait(false);
            response.Diffs.Add(await Task.WhenAll(Asked(scene, request).Select(cluster => AskAsync(wanted, scene, revision, cluster, cancellationToken))).ConfigureAwait(false));
        }

        return response;
    }

    private Task<Scene> SceneAsync(Assignment assignment, CancellationToken cancellationToken) => database.ReadAsync(async (tx, cancel) =>
    {
        var source = await stores.Resources.GetAsync(tx, "GitSource", assignment.Spec.Source, cancel).ConfigureAwait(false);
        var groups = (await ResourcePages.AllAsync(stores.Resources, tx, "ClusterGroup", cancel).ConfigureAwait(false))
            .ToDictionary(stored => stored.Name, stored => stored.ClusterGroup(), StringComparer.Ordinal);
        var known = await stores.Clusters.AllLabelsAsync(tx, cancel).ConfigureAwait(false);
        var names = known.ToDictionary(cluster => cluster.Id, cluster => cluster.Name, StringComparer.Ordinal);
        var matched = ClusterMatch.Resolve(assignment.Spec, groups, [.. known
            .Where(cluster => cluster.DeletedAt is null && cluster.State is not ("PendingApproval" or "Revoked"))
            .Select(cluster => new CandidateCluster(cluster.Id, cluster.Name, cluster.Labels))]);
        var present = await stores.Targets.OfAssignmentAsync(tx, assignment.Metadata.Uid, cancel).ConfigureAwait(false);
        var has = present.Where(target => !target.IsTombstone).Select(target => target.Cluster).ToHashSet(StringComparer.Ordinal);
        var syncs = await stores.Sync.GetManyAsync(tx, matched.ClusterIds, cancel).ConfigureAwait(false);
        return new Scene(
            source?.GitSource(),
            [.. matched.ClusterIds.Select(id => (id, names[id])).OrderBy(cluster => cluster.Item2, StringComparer.Ordinal)],
            [.. matched.ClusterIds.Where(id => !has.Contains(id)).Select(id => names[id]).Order(StringComparer.Ordinal)],
            matched.MayRemove ? [.. has.Where(id => !matched.ClusterIds.Contains(id)).Select(id => names.GetValueOrDefault(id, id)).Order(StringComparer.Ordinal)] : [],
            syncs.Where(sync => sync.SessionId is not null).Select(sync => sync.Cluster).ToHashSet(StringComparer.Ordinal));
    }, cancellationToken);

    // At whichever node: the desk finds the way.
    private static IEnumerable<(string Id, string Name)> Asked(Scene scene, DiffRequest request) =>
        request.Clusters.Count > 0
            ? scene.Clusters.Where(cluster => request.Clusters.Contains(cluster.Name)).Take(100)
            : scene.Clusters.Where(cluster => scene.Connected.Contains(cluster.Id)).Take(MaxClusters);

    private async Task<ClusterDiff> AskAsync(Assignment assignment, Scene scene, RevisionOutcome revision, (string Id, string Name) cluster, CancellationToken cancellationToken)
    {
        var diff = new ClusterDiff { Cluster = cluster.Name, Assignment = assignment.Metadata.Name, Revision = revision.Commit ?? "" };
        if (revision.Commit is not { } commit || scene.Source is null)
        {
            diff.Error = revision.Message;
            return diff;
        }

        var spec = TargetSpecs.Build(assignment, scene.Source.Metadata.Uid, sourceUrl: scene.Source.Spec?.Url ?? "");
        var target = new Target
        {
            AssignmentUid = assignment.Metadata.Uid,
            AssignmentName = assignment.Metadata.Name,
            Revision = commit,
            SpecDigest = SpecDigests.Of(spec),
            ClosureDigest = revision.ClosureDigest,
        };
        try
        {
            var answer = await desk.AskAsync(cluster.Id, new Command { PreviewPlan = new PreviewPlan { Target = target, Spec = spec } }, AnswerWithin, cancellationToken).ConfigureAwait(false);
            diff.Preview = answer?.Preview;
            diff.Error = answer is null ? "The cluster is not connected, or its agent has too many questions open: ask again once it is connected."
                : answer.Ok ? "" : answer.Message;
        }
        catch (TimeoutException)
        {
            diff.Error = $"The agent did not answer within {AnswerWithin.TotalSeconds:0} s.";
        }
        catch (SessionLostException lost)
        {
            diff.Error = lost.Message;
        }
        return diff;
    }

    private sealed record Scene(
        GitSource? Source, IReadOnlyList<(string Id, string Name)> Clusters, IReadOnlyList<string> Joining, IReadOnlyList<string> Leaving,
        IReadOnlySet<string> Connected);
}
