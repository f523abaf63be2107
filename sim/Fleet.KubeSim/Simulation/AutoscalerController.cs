using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.Simulation;

/// <summary>Keeps a target's replicas between an autoscaler's bounds; the simulated load asks for nothing more.</summary>
internal sealed class AutoscalerController(ControllerContext context) : SimulationController(context)
{
    public override IEnumerable<(string Namespace, string Name)> Affected(StoreEvent change)
    {
        if (change.Object.Resource == KnownKinds.Autoscalers)
        {
            yield return (change.Object.Namespace, change.Object.Name);
        }
        else if (change.Object.Resource == KnownKinds.Deployments || change.Object.Resource == KnownKinds.StatefulSets)
        {
            yield return (change.Object.Namespace, "");
        }
    }

    public override TimeSpan? Reconcile(string ns, string name)
    {
        foreach (var autoscaler in name.Length > 0 ? [name] : Context.List(KnownKinds.Autoscalers, ns).Select(a => a.Name).ToArray())
        {
            Scale(ns, autoscaler);
        }

        return null;
    }

    private void Scale(string ns, string name)
    {
        if (Context.Get(KnownKinds.Autoscalers, ns, name) is not { } autoscaler || autoscaler.Map("metadata")!.ContainsKey("deletionTimestamp"))
        {
            return;
        }

        var spec = autoscaler.Map("spec")!;
        var reference = spec.Map("scaleTargetRef");
        ResourceKey? kind = reference.Text("kind") switch
        {
            "Deployment" => KnownKinds.Deployments,
            "StatefulSet" => KnownKinds.StatefulSets,
            "ReplicaSet" => KnownKinds.ReplicaSets,
            _ => null,
        };
        var target = kind is { } known ? Context.Get(known, ns, reference.Text("name") ?? "") : null;
        if (target is null)
        {
            Report(ns, name, status => Set(status, "AbleToScale", false, "FailedGetScale", $"the HPA controller was unable to get the target's current scale: {reference.Text("name")} not found"));
            return;
        }

        var current = target.Map("spec").Whole("replicas") ?? 1;
        var wanted = Math.Clamp(current, spec.Whole("minReplicas") ?? 1, spec.Whole("maxReplicas") ?? current);
        if (wanted != current && current != 0)
        {
            Context.Change(kind!.Value, ns, reference.Text("name")!, live => live.MapOrNew("spec")["replicas"] = wanted);
        }

        Report(ns, name, status =>
        {
            status["observedGeneration"] = autoscaler.Map("metadata").Whole("generation");
            if (status["observedGeneration"] is null)
            {
                status.Remove("observedGeneration");
            }

            status["currentReplicas"] = target.Map("status").Whole("replicas") ?? 0;
            status["desiredReplicas"] = wanted;
            Set(status, "AbleToScale", true, "ReadyForNewScale", "recommended size matches current size");
            Set(status, "ScalingActive", current != 0, current != 0 ? "ValidMetricFound" : "ScalingDisabled", current != 0 ? "the HPA was able to successfully calculate a replica count" : "scaling is disabled since the replica count of the target is zero");
            Set(status, "ScalingLimited", false, "DesiredWithinRange", "the desired count is within the acceptable range");
        });
    }

    private void Report(string ns, string name, Action<JsonObject> change) =>
        Context.ChangeStatus(KnownKinds.Autoscalers, ns, name, live => change(live.MapOrNew("status")));

    private void Set(JsonObject status, string type, bool value, string reason, string message) =>
        Conditions.Set(status, type, value, reason, message, Context.Now);
}
