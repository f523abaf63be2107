using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Schema;
using Fleet.KubeSim.Simulation;
using Fleet.KubeSim.Storage;
using Fleet.KubeSim.Verbs;

namespace Fleet.KubeSim.CustomResources;

/// <summary>Accepts CustomResourceDefinitions, has their kinds served, and removes all their objects before they go.</summary>
internal sealed class DefinitionController(ControllerContext context) : SimulationController(context)
{
    private const string Manager = "kube-apiserver";
    private readonly Dictionary<string, DateTimeOffset> _since = new(StringComparer.Ordinal);

    public override IEnumerable<(string Namespace, string Name)> Affected(StoreEvent change)
    {
        if (change.Object.Resource == KnownKinds.CustomResourceDefinitions)
        {
            yield return ("", change.Object.Name);
        }
        else if (change.Deleted && change.Object.Resource is { Group: var group, Plural: var plural } && group.Contains('.', StringComparison.Ordinal))
        {
            // The last object of a definition that is being deleted has gone, perhaps.
            yield return ("", $"{plural}.{group}");
        }
    }

    public override TimeSpan? Reconcile(string ns, string name)
    {
        if (Context.Get(KnownKinds.CustomResourceDefinitions, "", name) is not { } definition)
        {
            Publish();
            return null;
        }

        if (definition.Map("metadata")!.ContainsKey("deletionTimestamp"))
        {
            Remove(name, definition);
            return null;
        }

        var status = definition.Map("status") ?? [];
        var established = Conditions.Find(status, "Established").Text("status") == "True";
        if (established && Json.Equal(status["acceptedNames"], AcceptedNames(definition)))
        {
            Publish();
            return null;
        }

        var uid = definition.Map("metadata").Text("uid")!;
        if (!_since.TryGetValue(uid, out var since))
        {
            _since[uid] = since = Context.Time;
        }

        var left = since + Context.Options.EstablishDelay - Context.Time;
        if (left > TimeSpan.Zero && !established)
        {
            return left;
        }

        _since.Remove(uid);
        Accept(name, definition);
        Publish();
        return null;
    }

    private void Accept(string name, JsonObject definition)
    {
        var conflict = Conflict(name, definition);
        Context.ChangeStatus(
            KnownKinds.CustomResourceDefinitions,
            "",
            name,
            live =>
            {
                var status = StatusOf(live);
                if (conflict is not null)
                {
                    Conditions.Set(status, "NamesAccepted", false, conflict.Value.Reason, conflict.Value.Message, Context.Now);
                    Conditions.Set(status, "Established", false, "NotAccepted", "not all names are accepted", Context.Now);
                    return;
                }

                status["acceptedNames"] = AcceptedNames(live);
                Conditions.Set(status, "NamesAccepted", true, "NoConflicts", "no conflicts found", Context.Now);
                Conditions.Set(status, "Established", true, "InitialNamesAccepted", "the initial names have been accepted", Context.Now);
            },
            Manager);
    }

    private (string Reason, string Message)? Conflict(string name, JsonObject definition)
    {
        var names = definition.Map("spec").Map("names");
        var group = definition.Map("spec").Text("group");
        foreach (var other in Context.List(KnownKinds.CustomResourceDefinitions).Where(d => d.Name != name).Select(d => d.ToJson()))
        {
            var taken = other.Map("status").Map("acceptedNames");
            if (other.Map("spec").Text("group") != group)
            {
                continue;
            }

            if (taken.Text("kind") == names.Text("kind") || taken.Text("listKind") == names.Text("kind"))
            {
                return ("KindConflict", $"\"{names.Text("kind")}\" is already in use");
            }

            if (taken.Text("singular") is { Length: > 0 } singular && singular == names.Text("singular"))
            {
                return ("SingularConflict", $"\"{singular}\" is already in use");
            }
        }

        return null;
    }

    private static JsonObject AcceptedNames(JsonObject definition) => (JsonObject?)definition.Map("spec").Map("names")?.DeepClone() ?? [];

    private void Remove(string name, JsonObject definition)
    {
        var metadata = definition.Map("metadata")!;
        if (!ObjectMetadata.Finalizers(metadata).Contains(ObjectVerbs.CleanupFinalizer))
        {
            return;
        }

        var key = new ResourceKey(definition.Map("spec").Text("group") ?? "", definition.Map("spec").Map("names").Text("plural") ?? "");
        var established = Conditions.Find(definition.Map("status") ?? [], "Established").Text("status") == "True";
        Terminating(name, true, "InstanceDeletionInProgress", "CustomResource deletion is in progress");
        Publish();
        if (established)
        {
            foreach (var item in Context.List(key).Where(i => !i.Terminating))
            {
                Context.Delete(key, item.Namespace, item.Name);
            }

            if (Context.List(key).Count > 0)
            {
                // The last of them to go brings us back.
                return;
            }
        }

        if (ObjectMetadata.Finalizers(metadata).Count > 1)
        {
            // Only someone else's finalizers let anyone see the outcome: otherwise the definition is gone with the next write.
            var (reason, message) = established ? ("InstanceDeletionCompleted", "removed all instances") : ("NeverEstablished", "resource was never established");
            Terminating(name, false, reason, message);
        }

        Context.Change(
            KnownKinds.CustomResourceDefinitions,
            "",
            name,
            live =>
            {
                var owner = live.MapOrNew("metadata");
                ObjectMetadata.SetFinalizers(owner, [.. ObjectMetadata.Finalizers(owner).Where(f => f != ObjectVerbs.CleanupFinalizer)]);
            },
            "",
            Manager);
        Publish();
    }

    /// <summary>The status, without the null that a definition nobody has judged yet carries for its conditions.</summary>
    private static JsonObject StatusOf(JsonObject live)
    {
        var status = live.MapOrNew("status");
        if (status["conditions"] is null)
        {
            status.Remove("conditions");
        }

        return status;
    }

    private void Terminating(string name, bool value, string reason, string message) =>
        Context.ChangeStatus(
            KnownKinds.CustomResourceDefinitions,
            "",
            name,
            live =>
            {
                var status = StatusOf(live);
                Conditions.Set(status, "Terminating", value, reason, message, Context.Now);
            },
            Manager);

    private void Publish()
    {
        var registry = Context.Cluster.Registry;
        var before = registry.Current.All.Where(r => r.IsCustom).Select(r => r.Key).Distinct().ToArray();
        registry.SetCustom([.. Context.List(KnownKinds.CustomResourceDefinitions).SelectMany(d => CustomResourceKinds.Served(d.ToJson()))]);
        foreach (var gone in before.Where(k => registry.FindStored(k) is null))
        {
            Context.Cluster.Store.CloseFeeds(gone);
        }
    }
}
