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
            ["spec"] = new JsonObject { ["replicas"] = rollout.NextOfCurrent(), ["selector"] = selector, ["template"] = copy },
        });
    }

    /// <summary>One step: the new ReplicaSet grows as far as the surge allows, then the old ones shrink as far as enough pods stay available.</summary>
    private void Scale(string ns, Rollout rollout)
    {
        if (rollout.Paused)
        {
            // A paused Deployment is still scaled, as long as it is clear which ReplicaSet is meant.
            if (rollout.Sets.Where(s => Rollout.Replicas(s) > 0).ToArray() is [var only])
            {
                SetReplicas(ns, only, rollout.Wanted, rollout);
            }

            return;
        }

        if (rollout.Current is not { } current)
        {
            return;
        }

        var grown = rollout.NextOfCurrent();
        var changed = grown != Rollout.Replicas(current);
        SetReplicas(ns, current, grown, rollout);
        if (changed && !rollout.Recreate)
        {
            // The change brings the controller back, for the old ones then.
            return;
        }

        foreach (var (set, replicas) in rollout.NextOfOld())
        {
            SetReplicas(ns, set, replicas, rollout);
        }

        RemoveOldest(ns, rollout);
    }

    /// <summary>Old ReplicaSets beyond the history's limit go once the rollout is complete.</summary>
    private void RemoveOldest(string ns, Rollout rollout)
    {
        if (!rollout.IsComplete)
        {
            return;
        }

        var old = rollout.Old.OrderBy(Rollout.RevisionOf).ToArray();
        foreach (var set in old.Take(Math.Max(old.Length - rollout.HistoryLimit, 0)).Where(s => (s.Map("status").Whole("replicas") ?? 0) == 0))
        {
            Context.Delete(KnownKinds.ReplicaSets, ns, set.Map("metadata").Text("name")!);
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
            status.Count("unavailableReplicas", Math.Max(rollout.Sets.Sum(Rollout.Replicas) - ready, 0));
            status["terminatingReplicas"] = rollout.Sum("terminatingReplicas");
            again = DeploymentConditions.Set(status, rollout, setName, updated, ready, total, Context.Time);
        });
        return again;
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
