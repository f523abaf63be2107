using System.Text.Json.Nodes;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Storage;
using Fleet.KubeSim.Verbs;

namespace Fleet.KubeSim.Simulation;

/// <summary>Scheduler and kubelet in one: binds pods to the node, and after a while lets them run, fail to pull, finish or end.</summary>
internal sealed class PodController(ControllerContext context) : SimulationController(context)
{
    private const string Kubelet = "kubelet";
    private const string Node = "sim-node";
    private readonly Dictionary<string, DateTimeOffset> _since = new(StringComparer.Ordinal);
    private int _nextAddress = 2;

    public override IEnumerable<(string Namespace, string Name)> Affected(StoreEvent change) => Itself(change, KnownKinds.Pods);

    public override TimeSpan? Reconcile(string ns, string name)
    {
        if (Context.Get(KnownKinds.Pods, ns, name) is not { } pod)
        {
            return null;
        }

        var uid = pod.Map("metadata").Text("uid")!;
        if (pod.Map("metadata")!.ContainsKey("deletionTimestamp"))
        {
            return End(ns, name, uid);
        }

        var spec = pod.Map("spec")!;
        if (spec.Text("nodeName") is not { Length: > 0 })
        {
            Bind(ns, name, spec);
            _since[uid] = Context.Time;
            return DelayOf(spec);
        }

        var phase = pod.Map("status").Text("phase");
        if (phase is "Succeeded" or "Failed")
        {
            _since.Remove(uid);
            return null;
        }

        if (!_since.TryGetValue(uid, out var since))
        {
            _since[uid] = since = Context.Time;
        }

        var left = since + DelayOf(spec) - Context.Time;
        if (left > TimeSpan.Zero)
        {
            return left;
        }

        if (PodImages.Broken(spec, Context.Options) is { } image)
        {
            Report(ns, name, live => PodStatus.SetPullFailure(live, image, Context.Now));
            return null;
        }

        if (phase != "Running")
        {
            var address = $"10.244.{(_nextAddress >> 8) & 0xff}.{_nextAddress++ & 0xff}";
            Report(ns, name, live => PodStatus.SetRunning(live, address, Context.Now));
            _since[uid] = Context.Time;
            return spec.Text("restartPolicy") is "Never" or "OnFailure" ? Context.Options.ReadyDelay : null;
        }

        if (spec.Text("restartPolicy") is "Never" or "OnFailure")
        {
            Report(ns, name, live => PodStatus.SetSucceeded(live, Context.Now));
            _since.Remove(uid);
        }
        else if (!PodTemplates.IsReady(pod))
        {
            // Someone wrote over the status: the kubelet says what is true.
            Report(ns, name, live => PodStatus.SetRunning(live, live.Map("status").Text("podIP") ?? "10.244.0.1", Context.Now));
        }

        return null;
    }

    private TimeSpan? End(string ns, string name, string uid)
    {
        var key = "end/" + uid;
        if (!_since.TryGetValue(key, out var since))
        {
            _since[key] = since = Context.Time;
        }

        // Simulated processes end as soon as they are asked to.
        var left = since + TimeSpan.FromTicks(Math.Min(Context.Options.ReadyDelay.Ticks, TimeSpan.TicksPerSecond)) - Context.Time;
        if (left > TimeSpan.Zero)
        {
            return left;
        }

        _since.Remove(key);
        _since.Remove(uid);
        Context.Delete(KnownKinds.Pods, ns, name, new DeleteOptions { GracePeriod = 0, Uid = uid, Propagation = Propagation.Background });
        return null;
    }

    private TimeSpan DelayOf(JsonObject spec) => Context.Options.ReadyDelay + PodImages.ExtraTime(spec, Context.Options);

    private void Bind(string ns, string name, JsonObject spec)
    {
        _ = spec;
        Context.Force(KnownKinds.Pods, ns, name, live => live.MapOrNew("spec")["nodeName"] = Node);
        Report(ns, name, live => PodStatus.SetScheduled(live, Context.Now));
    }

    private void Report(string ns, string name, Action<JsonObject> change) =>
        Context.ChangeStatus(KnownKinds.Pods, ns, name, change, Kubelet);
}
