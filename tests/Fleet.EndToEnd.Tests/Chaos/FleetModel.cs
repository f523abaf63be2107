namespace Fleet.EndToEnd.Tests.Chaos;

/// <summary>
/// What was meant, and nothing else: what Git holds, which cluster is in which group, and which deletions somebody ordered
/// and confirmed. It knows nothing of how Fleet works.
/// </summary>
internal sealed class FleetModel(IReadOnlyList<string> clusters)
{
    private readonly Dictionary<(string Cluster, ObjectId Id), DateTimeOffset> _orders = [];
    private readonly HashSet<(string Cluster, ObjectId Id)> _releasable = [];

    public IReadOnlyList<string> Clusters => clusters;

    public List<ModelAssignment> Assignments { get; } = [];

    public Dictionary<string, HashSet<string>> Groups { get; } = clusters.ToDictionary(c => c, _ => new HashSet<string>(StringComparer.Ordinal), StringComparer.Ordinal);

    public IEnumerable<ModelAssignment> Live => Assignments.Where(a => !a.IsDeleted);

    public IEnumerable<string> Members(ModelAssignment assignment) => clusters.Where(c => Groups[c].Contains(assignment.Group));

    /// <summary>What the cluster must hold, labelled as ours, when all is quiet.</summary>
    public Dictionary<ObjectId, ModelObject> Wanted(string cluster) =>
        Live.Where(a => Groups[cluster].Contains(a.Group)).SelectMany(a => a.Objects).ToDictionary(o => o.Id);

    /// <summary>Somebody ordered this deletion; a request for it from now on is justified.</summary>
    public void Order(string cluster, ObjectId id) => _orders.TryAdd((cluster, id), TimeProvider.System.GetUtcNow());

    /// <summary>From now on the object may stand there without our label: it was let go of on purpose.</summary>
    public void Release(string cluster, ObjectId id) => _releasable.Add((cluster, id));

    public bool MayDelete(string cluster, ObjectId id, DateTimeOffset at) => _orders.TryGetValue((cluster, id), out var since) && since <= at;

    public bool MayStand(string cluster, ObjectId id) => _releasable.Contains((cluster, id));

    /// <summary>A cluster leaves a group: what its Assignments' policies say is meant from now on.</summary>
    public void Leave(string cluster, string group)
    {
        Groups[cluster].Remove(group);
        foreach (var assignment in Live.Where(a => a.Group == group))
        {
            LetGo(cluster, assignment, isDeletion: assignment.OnRemove == "delete");
        }
    }

    public void Delete(ModelAssignment assignment, bool keep)
    {
        foreach (var cluster in Members(assignment))
        {
            LetGo(cluster, assignment, isDeletion: !keep);
        }

        assignment.IsDeleted = true;
    }

    private void LetGo(string cluster, ModelAssignment assignment, bool isDeletion)
    {
        foreach (var id in assignment.Ever)
        {
            if (isDeletion)
            {
                Order(cluster, id);
            }
            else
            {
                Release(cluster, id);
            }
        }
    }
}
