using System.Globalization;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.Simulation;

/// <summary>Counts what a PodDisruptionBudget allows.</summary>
internal sealed class DisruptionController(ControllerContext context) : SimulationController(context)
{
    public override IEnumerable<(string Namespace, string Name)> Affected(StoreEvent change)
    {
        if (change.Object.Resource == KnownKinds.DisruptionBudgets)
        {
            yield return (change.Object.Namespace, change.Object.Name);
        }
        else if (change.Object.Resource == KnownKinds.Pods)
        {
            yield return (change.Object.Namespace, "");
        }
    }

    public override TimeSpan? Reconcile(string ns, string name)
    {
        foreach (var budget in name.Length > 0 ? [name] : Context.List(KnownKinds.DisruptionBudgets, ns).Select(b => b.Name).ToArray())
        {
            Count(ns, budget);
        }

        return null;
    }

    private void Count(string ns, string name)
    {
        if (Context.Get(KnownKinds.DisruptionBudgets, ns, name) is not { } budget || budget.Map("metadata")!.ContainsKey("deletionTimestamp"))
        {
            return;
        }

        var spec = budget.Map("spec")!;
        var labels = spec.Map("selector").Map("matchLabels");
        var pods = Context.List(KnownKinds.Pods, ns).Where(p => labels is not null && labels.All(l => p.Labels.GetValueOrDefault(l.Key) == Json.TextOf(l.Value)))
            .Select(p => p.ToJson()).Where(PodTemplates.IsActive).ToArray();
        var healthy = pods.Count(PodTemplates.IsReady);
        var desired = spec.ContainsKey("minAvailable") ? Share(spec["minAvailable"], pods.Length) : pods.Length - Share(spec["maxUnavailable"], pods.Length);
        var allowed = Math.Max(healthy - desired, 0);
        Context.ChangeStatus(KnownKinds.DisruptionBudgets, ns, name, live =>
        {
            var status = live.MapOrNew("status");
            status["observedGeneration"] = live.Map("metadata").Whole("generation") ?? 0;
            status["disruptionsAllowed"] = allowed;
            status["currentHealthy"] = healthy;
            status["desiredHealthy"] = desired;
            status["expectedPods"] = pods.Length;
            Conditions.Set(status, "DisruptionAllowed", allowed > 0, allowed > 0 ? "SufficientPods" : "InsufficientPods", "", Context.Now);
            Conditions.Find(status, "DisruptionAllowed")!["message"] = "";
        });
    }

    private static int Share(JsonNode? value, int pods) =>
        Json.TextOf(value) is { } text && text.EndsWith('%') && double.TryParse(text[..^1], CultureInfo.InvariantCulture, out var percent)
            ? (int)Math.Ceiling(pods * percent / 100)
            : Json.TryWhole(value, out var number) ? (int)number : 0;
}
