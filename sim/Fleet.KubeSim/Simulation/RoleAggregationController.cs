using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.Simulation;

/// <summary>Fills aggregated ClusterRoles with the rules of those that their selectors name.</summary>
internal sealed class RoleAggregationController(ControllerContext context) : SimulationController(context)
{
    private const string Manager = "clusterrole-aggregation-controller";

    public override IEnumerable<(string Namespace, string Name)> Affected(StoreEvent change)
    {
        if (change.Object.Resource == KnownKinds.ClusterRoles)
        {
            yield return ("", "");
        }
    }

    public override TimeSpan? Reconcile(string ns, string name)
    {
        var roles = Context.List(KnownKinds.ClusterRoles);
        foreach (var role in roles)
        {
            // The bootstrap roles come with their rules and without the parts that a real server aggregates.
            if (role.Labels.ContainsKey("kubernetes.io/bootstrapping") || role.ToJson().Map("aggregationRule").List("clusterRoleSelectors") is not { } selectors)
            {
                continue;
            }

            var sources = roles.Where(r => r.Name != role.Name && selectors.OfType<JsonObject>().Any(s => Matches(s, r)));
            var rules = new JsonArray();
            foreach (var rule in sources.SelectMany(s => s.ToJson().List("rules") ?? []))
            {
                if (!rules.Any(r => Json.Equal(r, rule)))
                {
                    rules.Add(rule?.DeepClone());
                }
            }

            Context.Change(KnownKinds.ClusterRoles, "", role.Name, live => live["rules"] = rules.DeepClone(), "", Manager);
        }

        return null;
    }

    private static bool Matches(JsonObject selector, StoredObject role) =>
        selector.Map("matchLabels") is { Count: > 0 } labels && labels.All(l => role.Labels.GetValueOrDefault(l.Key) == Json.TextOf(l.Value));
}
