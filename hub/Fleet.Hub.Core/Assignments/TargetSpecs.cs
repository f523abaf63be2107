using Fleet.V1;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Hub.Core.Assignments;

/// <summary>Turns what an operator declared into what an agent gets.</summary>
public static class TargetSpecs
{
    /// <summary>Builds the spec of one Assignment, with every default written out.</summary>
    /// <remarks>Defaults are filled in here and not by the agent: a hub that changes a default later then changes the digest,
    /// and so is seen to change what is deployed.</remarks>
    /// <param name="assignment">As stored: uid, name and spec are read.</param>
    /// <param name="sourceUid">Uid of its GitSource.</param>
    /// <param name="suspension">Of the Assignment and the cluster together; null: none. Clusters with the same one share a spec.</param>
    /// <param name="sourceUrl">Its URL: a cluster's own policy may go by it.</param>
    public static TargetSpec Build(Assignment assignment, string sourceUid, Suspension? suspension = null, string sourceUrl = "")
    {
        ArgumentNullException.ThrowIfNull(assignment);
        var spec = assignment.Spec ?? new AssignmentSpec();
        var target = new TargetSpec
        {
            AssignmentUid = assignment.Metadata.Uid,
            AssignmentName = assignment.Metadata.Name,
            SourceUid = sourceUid,
            SourceName = spec.Source,
            SourceUrl = sourceUrl,
            Path = ContentScope.Normalize(spec.Path),
            Render = spec.Render?.Clone() ?? new RenderSpec(),
            Drift = spec.Drift?.Clone() ?? new DriftSpec(),
            Prune = spec.Prune is not { HasEnabled: true, Enabled: false },
            Adopt = Or(spec.Adopt, "ifEqual"),
            Atomic = spec.Atomic,
            Priority = spec.Priority,
            Suspend = suspension is not null,
            SuspendUntil = suspension?.Until is { } until ? Timestamp.FromDateTimeOffset(until) : null,
            SuspendReason = suspension?.Reason ?? "",
            ServiceAccount = spec.ServiceAccount,
            Force = spec.Force,
        };
        target.ReadRoots.Add(ContentScope.Roots(spec));
        target.Render.Format = Or(target.Render.Format, "raw");
        target.Render.DefaultNamespace = Or(target.Render.DefaultNamespace, "default");
        target.Render.NonManifests = Or(target.Render.NonManifests, "error");
        target.Render.Duplicates = Or(target.Render.Duplicates, "error");
        target.Drift.Mode = Or(target.Drift.Mode, "correct");
        return target;
    }

    private static string Or(string value, string fallback) => value.Length == 0 ? fallback : value;
}
