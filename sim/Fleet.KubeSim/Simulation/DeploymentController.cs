using System.Globalization;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.Simulation;

/// <summary>Rolls Deployments out by ReplicaSets and tells of it in their status.</summary>
internal sealed class DeploymentController(ControllerContext context) : SimulationController(context)
{
    private const string Revision = "deployment.kubernetes.io/revision";
    private const string DesiredReplicas = "deployment.kubernetes.io/desired-replicas";
    private const string MaxReplicas = "deployment.kubernetes.io/max-replicas";
    private const string HashLabel = "pod-template-hash";

    public override IEnumerable<(string Namespace, string Name)> Affected(StoreEvent change) =>
        Itself(change, KnownKinds.Deployments).Concat(Owners(change, KnownKinds.ReplicaSets, "Deployment"));

    public override TimeSpan? Reconcile(string ns, string name)
    {
        if (Context.Get(KnownKinds.Deployments, ns, name) is not { } deployment || deployment.Map("metadata")!.ContainsKey("deletionTimestamp"))
        {
            return null;
        }

        var rollout = Rollout.Read(deployment, Sets(ns, deployment));
        if (rollout.Current is null && !rollout.Paused)
        {
            CreateSet(ns, deployment, rollout);
            rollout = Rollout.Read(deployment, Sets(ns, deployment));
        }

        Scale(ns, rollout);
        return Report(ns, name, rollout with { Sets = Sets(ns, deployment) });
    }

    private List<JsonObject> Sets(string ns, JsonObject deployment) =>
        [.. Context.Owned(KnownKinds.ReplicaSets, ns, deployment.Map("metadata").Text("uid")!).Where(s => !s.Terminating).Select(s => s.ToJson())];

    private void CreateSet(string ns, JsonObject deployment, Rollout rollout)
    {
        var template = deployment.Map("spec").Map("template")!;
        var hash = PodTemplates.Hash(template);
        var labels = (JsonObject?)template.Map("metadata").Map("labels")?.DeepClone() ?? [];
        labels[HashLabel] = hash;
        var selector = (JsonObject)deployment.Map("spec").Map("selector")!.DeepClone();
        selector.MapOrNew("matchLabels")[HashLabel] = hash;
        var copy = (JsonObject)template.DeepClone();
        copy.MapOrNew("metadata").MapOrNew("labels")[HashLabel] = hash;
        Context.Create(KnownKinds.ReplicaSets, ns, new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = $"{deployment.Map("metadata").Text("name")}-{hash}",
                ["labels"] = labels,
                ["annotations"] = new JsonObject
                {
                    [DesiredReplicas] = Text(rollout.Wanted),
                    [MaxReplicas] = Text(rollout.Wanted + rollout.Surge),
                    [Revision] = Text(rollout.Revisions + 1),
                },
                ["ownerReferences"] = new JsonArray(PodTemplates.Owner(deployment)),
            },
            ["spec"] = new JsonObject { ["replicas"] = rollout.Recreate && rollout.OldPods > 0 ? 0 : rollout.Wanted, ["selector"] = selector, ["template"] = copy },
        });
    }

    /// <summary>The new ReplicaSet gets all replicas at once; the old ones go when the new pods are ready (Recreate: before).</summary>
    private void Scale(string ns, Rollout rollout)
    {
        if (rollout.Current is not { } current)
        {
            return;
        }

        var old = rollout.Sets.Where(s => !ReferenceEquals(s, current)).ToArray();
        var target = rollout.Recreate && rollout.OldPods > 0 ? 0 : rollout.Wanted;
        if (!rollout.Paused || old.Length == 0)
        {
            SetReplicas(ns, current, target, rollout);
        }

        var done = (current.Map("status").Whole("readyReplicas") ?? 0) >= rollout.Wanted && (current.Map("spec").Whole("replicas") ?? 0) == rollout.Wanted;
        if ((done || rollout.Recreate) && !rollout.Paused)
        {
            foreach (var set in old)
            {
                SetReplicas(ns, set, 0, rollout);
            }

            var limit = rollout.HistoryLimit;
            foreach (var set in old.OrderBy(Rollout.RevisionOf).Take(Math.Max(old.Length - limit, 0)).Where(s => (s.Map("status").Whole("replicas") ?? 0) == 0))
            {
                Context.Delete(KnownKinds.ReplicaSets, ns, set.Map("metadata").Text("name")!);
            }
        }
    }

    private void SetReplicas(string ns, JsonObject set, long replicas, Rollout rollout)
    {
        var current = ReferenceEquals(set, rollout.Current);
        var next = Text(rollout.Revisions + (current && Rollout.RevisionOf(set) < rollout.Revisions ? 1 : 0));
        Context.Change(KnownKinds.ReplicaSets, ns, set.Map("metadata").Text("name")!, live =>
        {
            live.MapOrNew("spec")["replicas"] = replicas;
            var annotations = live.MapOrNew("metadata").MapOrNew("annotations");
            annotations[DesiredReplicas] = Text(rollout.Wanted);
            annotations[MaxReplicas] = Text(rollout.Wanted + rollout.Surge);
            if (current && Rollout.RevisionOf(set) < rollout.Revisions)
            {
                annotations[Revision] = next;
            }
        });
    }

    private TimeSpan? Report(string ns, string name, Rollout rollout)
    {
        var current = rollout.FindCurrent();
        var (total, updated) = (rollout.Sum("replicas"), current.Map("status").Whole("replicas") ?? 0);
        var ready = rollout.Sum("readyReplicas");
        var setName = current.Map("metadata").Text("name") ?? "";
        TimeSpan? again = null;
        Context.ChangeStatus(KnownKinds.Deployments, ns, name, live =>
        {
            if (current is not null)
            {
                live.MapOrNew("metadata").MapOrNew("annotations")[Revision] = Text(Rollout.RevisionOf(current));
            }

            var status = live.MapOrNew("status");
            status["observedGeneration"] = live.Map("metadata").Whole("generation") ?? 0;
            status.Count("replicas", total);
            status.Count("updatedReplicas", updated);
            status.Count("readyReplicas", ready);
            status.Count("availableReplicas", ready);
            status.Count("unavailableReplicas", Math.Max(total - ready, Math.Max(rollout.Wanted - ready, 0)));
            status["terminatingReplicas"] = rollout.Sum("terminatingReplicas");
            again = DeploymentConditions.Set(status, rollout, setName, updated, ready, total, Context.Time);
        });
        return again;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
