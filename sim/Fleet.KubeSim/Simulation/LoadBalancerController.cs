using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.Simulation;

/// <summary>Gives LoadBalancer Services and Ingresses an address after a while, as a cloud's controller does.</summary>
internal sealed class LoadBalancerController(ControllerContext context, ResourceKey kind) : SimulationController(context)
{
    private readonly Dictionary<string, DateTimeOffset> _since = new(StringComparer.Ordinal);
    private int _next = 1;

    public override IEnumerable<(string Namespace, string Name)> Affected(StoreEvent change) => Itself(change, kind);

    public override TimeSpan? Reconcile(string ns, string name)
    {
        if (Context.Get(kind, ns, name) is not { } item || item.Map("metadata")!.ContainsKey("deletionTimestamp"))
        {
            return null;
        }

        var balanced = kind == KnownKinds.Ingresses || item.Map("spec").Text("type") == "LoadBalancer";
        var has = item.Map("status").Map("loadBalancer").List("ingress") is { Count: > 0 };
        if (balanced == has)
        {
            return null;
        }

        if (!balanced)
        {
            Context.ChangeStatus(kind, ns, name, live => live.MapOrNew("status")["loadBalancer"] = new JsonObject());
            return null;
        }

        var uid = item.Map("metadata").Text("uid")!;
        if (!_since.TryGetValue(uid, out var since))
        {
            _since[uid] = since = Context.Time;
        }

        var left = since + Context.Options.ReadyDelay - Context.Time;
        if (left > TimeSpan.Zero)
        {
            return left;
        }

        _since.Remove(uid);
        var address = $"203.0.113.{1 + (_next++ % 254)}";
        Context.ChangeStatus(kind, ns, name, live =>
        {
            var ingress = new JsonObject { ["ip"] = address };
            if (kind == KnownKinds.Services)
            {
                ingress["ipMode"] = "VIP";
            }

            live.MapOrNew("status")["loadBalancer"] = new JsonObject { ["ingress"] = new JsonArray(ingress) };
        });
        return null;
    }
}
