using Fleet.Hub.Access;
using Fleet.Hub.Api.Decoding;
using Fleet.Hub.Api.Views;
using Fleet.Hub.Audit;
using Fleet.Hub.Core.Assignments;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Clusters;
using Fleet.V1;
using Google.Protobuf;

namespace Fleet.Hub.Api.Calls;

/// <summary>Changes of enrolled clusters: their labels, notes and spec.</summary>
internal sealed class ClusterWrites(ClusterStore clusters, ClusterView view, MembershipLosses losses, ApiChanges changes, AuditWrites audit, TimeProvider clock)
{
    /// <summary>Stores an applied Cluster. It must have been enrolled; labels that take Assignments away go by another call.</summary>
    public async Task<ApplyResult?> ApplyAsync(Transaction tx, ApplyItem item, ViolationList violations, Caller caller, bool write, CancellationToken cancellationToken)
    {
        var applied = item.Resource.Cluster;
        var stored = await clusters.GetByNameAsync(tx, item.Metadata.Name, cancellationToken).ConfigureAwait(false);
        if (stored is null)
        {
            if (item.Metadata.Name.Length > 0)
            {
                item.Refuse(violations, "metadata.name", $"There is no cluster {item.Metadata.Name}: a Cluster is made by enrollment (fleetctl token create), and can be changed by apply from then on.");
            }

            return null;
        }

        if (item.Metadata.ResourceVersion.Length > 0 && !ResourceVersions.IsCurrent(item.Metadata.ResourceVersion, ResourceVersions.Of(stored)))
        {
            item.Refuse(violations, "metadata.resourceVersion", $"It was changed since it was read (it is at resourceVersion {ResourceVersions.Of(stored)} now): read it again, or remove resourceVersion to overwrite.");
            return null;
        }

        TimedSuspensions.Keep(ClusterSpec.Parser.ParseFrom(stored.Spec), applied.Spec ??= new ClusterSpec(), clock.GetUtcNow());

        // A file that says nothing of labels takes none away: they decide what runs in the cluster.
        var labels = item.Metadata.Labels.Count == 0 ? stored.Labels : item.Metadata.Labels;
        var next = stored with { Labels = labels.ToDictionary(), Annotations = item.Metadata.Annotations.ToDictionary(), Spec = applied.Spec.ToByteArray() };
        var lost = await losses.OfAsync(tx, stored, next.Labels, cancellationToken).ConfigureAwait(false);
        if (lost.Count > 0)
        {
            item.Refuse(violations, "metadata.labels", $"With these labels the cluster would lose {MembershipLosses.Describe(lost)}: if that is meant, use fleetctl clusters label {stored.Name} with --yes.");
            return null;
        }

        return await StoreAsync(tx, stored, next, "cluster.apply", caller, write, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Stores a changed row, if it is changed.</summary>
    public async Task<ApplyResult> StoreAsync(Transaction tx, StoredCluster stored, StoredCluster next, string action, Caller caller, bool write, CancellationToken cancellationToken)
    {
        var specChanged = !ClusterSpec.Parser.ParseFrom(stored.Spec).Equals(ClusterSpec.Parser.ParseFrom(next.Spec));
        var labelsChanged = !Same(stored.Labels, next.Labels);
        if (!specChanged && !labelsChanged && Same(stored.Annotations, next.Annotations))
        {
            return new ApplyResult { Resource = (await view.GetAsync(tx, stored.Name, cancellationToken).ConfigureAwait(false))!, Action = "unchanged" };
        }

        if (write)
        {
            if (await clusters.UpdateAsync(tx, next with { Generation = stored.Generation + (specChanged ? 1 : 0), Changed = clock.GetUtcNow() }, cancellationToken).ConfigureAwait(false) is null)
            {
                throw Refusals.Make(Grpc.Core.StatusCode.Aborted, "CONFLICT", $"Cluster {stored.Name} changed at the same moment: try again.");
            }

            var labels = string.Join(",", next.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}"));
            await audit.AddAsync(tx, caller, action, next, labelsChanged ? $"labels {labels}" : "", cancellationToken).ConfigureAwait(false);
            await changes.RaiseMembershipAsync(tx, cancellationToken).ConfigureAwait(false);
        }

        return new ApplyResult { Resource = (await view.GetAsync(tx, stored.Name, cancellationToken).ConfigureAwait(false))!, Action = "configured" };
    }

    private static bool Same(IReadOnlyDictionary<string, string> a, IReadOnlyDictionary<string, string> b) =>
        a.Count == b.Count && a.All(pair => b.TryGetValue(pair.Key, out var value) && value == pair.Value);
}
