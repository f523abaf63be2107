using Fleet.KubeSim.Requests;

namespace Fleet.EndToEnd.Tests.Chaos;

/// <summary>Reads an API server's log: every deletion by an agent, tried or done, must have been ordered and confirmed before.</summary>
internal static class DeletionJudge
{
    private const string OwnNamespace = "fleet-system";

    public static IReadOnlyList<string> Unjustified(string cluster, IEnumerable<LoggedRequest> log, FleetModel model) =>
    [
        .. log.Where(r => r.Verb is "delete" or "deletecollection" && !r.DryRun && r.Namespace != OwnNamespace && r.UserAgent.StartsWith("fleet-agent", StringComparison.Ordinal))
            .Where(r => r.Verb == "deletecollection" || !model.MayDelete(cluster, new ObjectId(r.Kind, r.Namespace, r.Name), r.Time))
            .Select(r => $"{cluster}: {r.Verb} {r.Kind} {r.Namespace}/{r.Name} at {r.Time:HH:mm:ss.fff} by {r.UserAgent}, answered {r.Status}, which nobody ordered"),
    ];
}
