using Fleet.V1;
using Grpc.Core;

namespace Fleet.EndToEnd.Tests.Chaos;

/// <summary>The operator who reads the holds: lets go on what was meant, and nothing else.</summary>
internal sealed class HoldAnswers(ChaosWorld world, FleetModel model, bool refusesKept, Action<string> note)
{
    private readonly HashSet<string> _answered = new(StringComparer.Ordinal);

    public async Task GiveAsync()
    {
        foreach (var hold in (await world.ListAsync("Hold")).Select(h => h.Hold))
        {
            var name = hold.Metadata.Name;
            if (!_answered.Contains(name) && IsMeant(hold.Spec))
            {
                _answered.Add(name);
                // With onRemove: keep both answers mean the same for the objects.
                var refuse = refusesKept && model.Live.FirstOrDefault(a => a.Name == hold.Spec.Assignment) is { OnRemove: "keep" } && IsOfHub(hold.Spec.Reason);
                note($"hold {name} ({hold.Spec.Reason} of {hold.Spec.Assignment} in {hold.Spec.Cluster}) is {(refuse ? "refused" : "released")}");
                try
                {
                    await world.AskAsync((api, options) => api.ReleaseHoldAsync(new ReleaseHoldRequest { Name = name, Refuse = refuse }, options));
                }
                catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
                {
                    // It ended by itself.
                }
            }
        }
    }

    private static bool IsOfHub(string reason) => reason is "MassRemoval" or "ClusterRemovals";

    private bool IsMeant(HoldSpec hold)
    {
        if (model.Live.FirstOrDefault(a => a.Name == hold.Assignment) is not { } assignment)
        {
            return false;
        }

        if (IsOfHub(hold.Reason))
        {
            return hold.Items.All(cluster => !model.Groups[cluster].Contains(assignment.Group));
        }

        var wanted = model.Wanted(hold.Cluster).Keys.Select(Word).ToHashSet(StringComparer.Ordinal);
        return hold.Items.Count == hold.Count && hold.Items.All(item => !wanted.Contains(item)) && hold.Items.All(item => assignment.Ever.Any(id => Word(id) == item && model.MayDelete(hold.Cluster, id, DateTimeOffset.MaxValue)));
    }

    private static string Word(ObjectId id) => id.Kind == "Deployment" ? $"Deployment.apps {id.Namespace}/{id.Name}" : id.ToString();
}
