using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.Simulation;

/// <summary>Numbered pods, one after the other, each with its claims; updates go from the highest number down.</summary>
internal sealed class StatefulSetController(ControllerContext context) : SimulationController(context)
{
    private const string RevisionLabel = "controller-revision-hash";
    private readonly ControllerRevisions _revisions = new(context, "controller.kubernetes.io/hash");

    public override IEnumerable<(string Namespace, string Name)> Affected(StoreEvent change) =>
        Itself(change, KnownKinds.StatefulSets).Concat(Owners(change, KnownKinds.Pods, "StatefulSet"));

    public override TimeSpan? Reconcile(string ns, string name)
    {
        if (Context.Get(KnownKinds.StatefulSets, ns, name) is not { } set || set.Map("metadata")!.ContainsKey("deletionTimestamp"))
        {
            return null;
        }

        var spec = set.Map("spec")!;
        var wanted = (int)(spec.Whole("replicas") ?? 1);
        var first = (int)(spec.Map("ordinals").Whole("start") ?? 0);
        var revision = $"{name}-{_revisions.Record(ns, set)}";
        var pods = Context.Owned(KnownKinds.Pods, ns, set.Map("metadata").Text("uid")!).ToDictionary(p => p.Name, p => p.ToJson(), StringComparer.Ordinal);
        var parallel = spec.Text("podManagementPolicy") == "Parallel";
        Grow(ns, name, set, revision, pods, first, wanted, parallel);
        if (!pods.Values.Any(p => p.Map("metadata")!.ContainsKey("deletionTimestamp")))
        {
            Shrink(ns, name, pods, first, wanted, parallel);
            Renew(ns, name, spec, revision, pods, first, wanted);
        }

        var active = Context.Owned(KnownKinds.Pods, ns, set.Map("metadata").Text("uid")!).Select(p => p.ToJson()).Where(PodTemplates.IsActive).ToArray();
        var ready = active.Count(PodTemplates.IsReady);
        var updated = active.Count(p => p.Map("metadata").Map("labels").Text(RevisionLabel) == revision);
        Context.ChangeStatus(KnownKinds.StatefulSets, ns, name, live =>
        {
            var status = live.MapOrNew("status");
            var before = status.Text("currentRevision");
            status["observedGeneration"] = live.Map("metadata").Whole("generation") ?? 0;
            status["replicas"] = active.Length;
            status.Count("readyReplicas", ready);
            status["availableReplicas"] = ready;
            status.Count("updatedReplicas", updated);
            status["updateRevision"] = revision;
            status["currentRevision"] = before is null || (updated == wanted && ready == wanted) ? revision : before;
            status.Count("currentReplicas", status.Text("currentRevision") == revision ? updated : active.Length - updated);
            status["collisionCount"] = 0;
        });
        _revisions.Truncate(
            ns, set, active.Select(p => p.Map("metadata").Map("labels").Text(RevisionLabel) ?? "").Append(revision).Append(set.Map("status").Text("currentRevision") ?? ""));
        return null;
    }

    private void Grow(string ns, string name, JsonObject set, string revision, Dictionary<string, JsonObject> pods, int first, int wanted, bool parallel)
    {
        for (var i = first; i < first + wanted; i++)
        {
            var podName = $"{name}-{i}";
            if (!pods.TryGetValue(podName, out var pod))
            {
                CreateClaims(ns, set, podName);
                pod = Context.Create(KnownKinds.Pods, ns, Pod(set, podName, revision, i))?.Object;
                if (pod is null)
                {
                    return;
                }

                pods[podName] = pod;
            }

            if (!parallel && !PodTemplates.IsReady(pod))
            {
                return;
            }
        }
    }

    private void Shrink(string ns, string name, Dictionary<string, JsonObject> pods, int first, int wanted, bool parallel)
    {
        foreach (var extra in pods.Keys.Where(p => Ordinal(p, name) is var n && (n < first || n >= first + wanted)).OrderByDescending(p => Ordinal(p, name)).ToArray())
        {
            Context.Delete(KnownKinds.Pods, ns, extra);
            pods.Remove(extra);
            if (!parallel)
            {
                return;
            }
        }
    }

    private void Renew(string ns, string name, JsonObject spec, string revision, Dictionary<string, JsonObject> pods, int first, int wanted)
    {
        if (spec.Map("updateStrategy").Text("type") == "OnDelete" || pods.Count < wanted || !pods.Values.All(PodTemplates.IsReady))
        {
            return;
        }

        var partition = (int)(spec.Map("updateStrategy").Map("rollingUpdate").Whole("partition") ?? 0);
        for (var i = first + wanted - 1; i >= first + partition; i--)
        {
            if (pods.TryGetValue($"{name}-{i}", out var pod) && pod.Map("metadata").Map("labels").Text(RevisionLabel) != revision)
            {
                Context.Delete(KnownKinds.Pods, ns, $"{name}-{i}");
                return;
            }
        }
    }

    private void CreateClaims(string ns, JsonObject set, string podName)
    {
        foreach (var template in (set.Map("spec").List("volumeClaimTemplates") ?? []).OfType<JsonObject>())
        {
            var claim = new JsonObject
            {
                ["metadata"] = new JsonObject
                {
                    ["name"] = $"{template.Map("metadata").Text("name")}-{podName}",
                    ["labels"] = set.Map("spec").Map("selector").Map("matchLabels")?.DeepClone(),
                },
                ["spec"] = template.Map("spec")?.DeepClone(),
            };
            Context.Create(KnownKinds.PersistentVolumeClaims, ns, claim);
        }
    }

    private static JsonObject Pod(JsonObject set, string podName, string revision, int ordinal)
    {
        var pod = PodTemplates.Pod(
            set,
            set.Map("spec").Map("template") ?? [],
            podName,
            null,
            (RevisionLabel, revision),
            ("statefulset.kubernetes.io/pod-name", podName),
            ("apps.kubernetes.io/pod-index", ordinal.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        var spec = pod.Map("spec")!;
        spec["hostname"] = podName;
        spec["subdomain"] = set.Map("spec").Text("serviceName") ?? "";
        var volumes = spec.List("volumes") ?? [];
        foreach (var template in (set.Map("spec").List("volumeClaimTemplates") ?? []).OfType<JsonObject>())
        {
            var claim = template.Map("metadata").Text("name");
            volumes.Add(new JsonObject { ["name"] = claim, ["persistentVolumeClaim"] = new JsonObject { ["claimName"] = $"{claim}-{podName}" } });
        }

        if (volumes.Parent is null && volumes.Count > 0)
        {
            spec["volumes"] = volumes;
        }

        return pod;
    }

    private static int Ordinal(string pod, string set) => pod.Length > set.Length + 1 && int.TryParse(pod[(set.Length + 1)..], out var n) ? n : -1;
}
