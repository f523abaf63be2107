namespace Fleet.Hub.Core.Assignments;

/// <summary>The monorepo rule: a commit that changes nothing under an Assignment's paths is no new target.</summary>
public static class RevisionChoice
{
    /// <summary>Says which Revision targets should have.</summary>
    /// <remarks>
    /// Only where roots and source are the same as those that the current Revision was chosen for may its trees stand for the
    /// new ones. Targets keep the Revision that they have, so that a status never names a commit that no agent was given; the
    /// Assignment's status says which commit was seen last.
    /// </remarks>
    /// <param name="current">What targets have now; null when nothing was chosen yet.</param>
    /// <param name="seen">What the ref points at now, with the tree ids under the roots.</param>
    public static RevisionDecision Decide(ScopedRevision? current, ScopedRevision seen)
    {
        ArgumentNullException.ThrowIfNull(seen);
        if (current is null || current.SourceUid != seen.SourceUid)
        {
            return new RevisionDecision(seen.Commit, IsNew: true);
        }

        if (current.Commit == seen.Commit)
        {
            return new RevisionDecision(seen.Commit, IsNew: !SameTrees(current, seen));
        }

        return SameTrees(current, seen) ? new RevisionDecision(current.Commit, IsNew: false) : new RevisionDecision(seen.Commit, IsNew: true);
    }

    private static bool SameTrees(ScopedRevision one, ScopedRevision other) =>
        one.Trees.Count == other.Trees.Count
        && one.Trees.All(tree => other.Trees.TryGetValue(tree.Key, out var id) && id == tree.Value);
}

/// <summary>A commit, seen through the paths that an Assignment reads.</summary>
/// <param name="SourceUid">GitSource that it belongs to.</param>
/// <param name="Commit">Hex.</param>
/// <param name="Trees">Root → hex id of the tree (or blob) there.</param>
public sealed record ScopedRevision(string SourceUid, string Commit, IReadOnlyDictionary<string, string> Trees);

/// <summary>The Revision that targets should have.</summary>
public sealed record RevisionDecision(string Commit, bool IsNew);
