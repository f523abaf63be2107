using Fleet.Hub.Assignments;
using Fleet.Hub.Core.Rollouts;
using Fleet.Hub.Storage.Reports;
using Fleet.Hub.Storage.Resources;
using Fleet.V1;

namespace Fleet.Hub.Rollouts;

/// <summary>An Assignment as a rollout begins with it.</summary>
internal sealed record RolloutSubject(StoredResource Stored, Assignment Assignment, AssignmentStatus Status, GitSource? Source)
{
    public string Uid => Stored.Uid;

    public string Name => Stored.Name;
}

/// <summary>Everything that was read for one decision.</summary>
/// <param name="Subject">The Assignment.</param>
/// <param name="Revision">What its targets should have, or why nothing.</param>
/// <param name="State">What the decision is made from.</param>
/// <param name="Rows">The Assignment's targets beside their reports.</param>
/// <param name="Specs">Digest → serialised spec, of those that targets may be given.</param>
/// <param name="ClusterNames">Id → name, of matched and of targeted clusters.</param>
/// <param name="GroupProblems">For people: groups that could not be read.</param>
internal sealed record RolloutPlan(
    RolloutSubject Subject,
    RevisionOutcome Revision,
    RolloutState State,
    IReadOnlyList<TargetState> Rows,
    IReadOnlyDictionary<string, byte[]> Specs,
    IReadOnlyDictionary<string, string> ClusterNames,
    IReadOnlyList<string> GroupProblems)
{
    /// <summary>Whether removals of this Assignment are shown as held, rightly or not any more.</summary>
    public bool HasOpenHolds { get; init; }

    /// <summary>When the first suspension among its clusters ends by itself; null: none does.</summary>
    public DateTimeOffset? SuspensionEnds { get; init; }
}
