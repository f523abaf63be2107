using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;
using Fleet.Agent.Kube;
using Fleet.V1;

namespace Fleet.EndToEnd.Tests.Clusters;

/// <summary>
/// The main job on any API servers (<c>make e2e</c>): in namespaces of its own, which it removes. There may be no kubelet and no
/// controllers, so workloads are marked ready through their status, and whatever owns a namespace's end is not waited for.
/// </summary>
[Trait("Category", "Clusters")]
public sealed class GivenClusterTests : IAsyncLifetime
{
    private static readonly GroupVersionKind Namespace = new("", "v1", "Namespace");
    private readonly string _id = Guid.NewGuid().ToString("N")[..8];
    private readonly List<string> _clusters = [];
    private TestFleet _fleet = null!;
    private TestGit _git = null!;

    private string Objects => $"fleet-e2e-{_id}";

    private string AgentState => $"fleet-e2e-{_id}-agent";

    public async Task InitializeAsync()
    {
        _fleet = await TestFleet.StartAsync();
        _git = _fleet.Repository("app");
        foreach (var kubeconfig in await GivenClusters.KubeconfigsAsync(_fleet.Clusters))
        {
            var name = $"given-{_clusters.Count}";
            await _fleet.UseClusterAsync(name, kubeconfig);
            _clusters.Add(name);
            await _fleet.StartAgentAsync(name, await _fleet.TokenAsync(name, ("group", "given")), stateNamespace: AgentState);
            await _fleet.ConnectedAsync(name);
        }
    }

    public async Task DisposeAsync()
    {
        foreach (var cluster in _clusters)
        {
            await _fleet.StopAgentAsync(cluster);
            await CleanUpAsync(cluster);
        }

        await _fleet.DisposeAsync();
    }

    [Fact]
    public async Task Push_Ready_Drift_Prune_Delete()
    {
        var first = _git
            .Write("app/ns.yaml", $"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {Objects}\n")
            .Write("app/config.yaml", Yaml.ConfigMap("settings", "one", Objects))
            .Write("app/extra.yaml", Yaml.ConfigMap("extra", "one", Objects))
            .Write("app/secret.yaml", $"apiVersion: v1\nkind: Secret\nmetadata:\n  name: hidden\n  namespace: {Objects}\nstringData:\n  value: one\n")
            .Write("app/service.yaml", $"apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  namespace: {Objects}\nspec:\n  selector:\n    app: web\n  ports:\n    - port: 80\n")
            .Write("app/web.yaml", Yaml.Deployment("web", 2, ns: Objects))
            .Push();
        await _fleet.ApplyAsync(Yaml.Group("given", "given") + Yaml.Source("app", _git.Url) + Yaml.Assignment("e2e", "app", "given"));
        await ReadyAsync(first);

        // Somebody else's object in the same namespace is never touched.
        await ForAllAsync(async cluster =>
        {
            var kind = await ResourceAsync(cluster, MainJobTests.ConfigMap);
            var foreign = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "ConfigMap", ["metadata"] = new JsonObject { ["name"] = "foreign", ["namespace"] = Objects } };
            var made = await _fleet.Kube(cluster).CreateAsync(kind, new KubeObject(foreign), new WriteOptions("e2e"), default);
            Assert.True(made.IsOk, made.IsOk ? "" : made.Error.Message);
        });

        // Changed, and deleted, by hand.
        await ForAllAsync(async cluster =>
        {
            var kube = _fleet.Kube(cluster);
            var kind = await ResourceAsync(cluster, MainJobTests.ConfigMap);
            Assert.True((await kube.MergePatchAsync(kind, Objects, "settings", new JsonObject { ["data"] = new JsonObject { ["value"] = "by hand" } }, new WriteOptions("e2e"), default)).IsOk);
            Assert.True((await kube.DeleteAsync(kind, Objects, "extra", new DeleteOptions(), default)).IsOk);
            await _fleet.EventuallyAsync("healed", async () =>
                await ValueAsync(cluster, "settings") == "one" && await ValueAsync(cluster, "extra") == "one" ? null : "not yet");
        });

        var second = _git.Remove("app/extra.yaml").Write("app/config.yaml", Yaml.ConfigMap("settings", "two", Objects)).Write("app/web.yaml", Yaml.Deployment("web", 3, ns: Objects)).Push();
        await ReadyAsync(second);
        await ForAllAsync(async cluster =>
        {
            Assert.Equal("two", await ValueAsync(cluster, "settings"));
            await _fleet.EventuallyAsync("pruned", async () => await _fleet.LiveAsync(cluster, MainJobTests.ConfigMap, Objects, "extra") is null ? null : "still there");
        });

        await _fleet.Api.Api.DeleteAsync(new DeleteRequest { Kind = "Assignment", Name = "e2e", Confirm = "e2e" }, _fleet.Api.Call(default));
        await ForAllAsync(async cluster =>
        {
            await _fleet.EventuallyAsync("everything of ours gone", async () =>
                await _fleet.LiveAsync(cluster, MainJobTests.Deployment, Objects, "web") is { IsTerminating: false } || await _fleet.LiveAsync(cluster, MainJobTests.ConfigMap, Objects, "settings") is not null ? "still there" : null);
            Assert.NotNull(await _fleet.LiveAsync(cluster, MainJobTests.ConfigMap, Objects, "foreign"));
            Assert.NotNull(await _fleet.LiveAsync(cluster, Namespace, "", Objects));
        });
    }

    /// <summary>Ready at this commit, with the workloads' status written for want of a kubelet where nobody else does.</summary>
    private async Task ReadyAsync(string commit)
    {
        await _fleet.EventuallyAsync("Ready", async () =>
        {
            foreach (var cluster in _clusters)
            {
                await MarkReadyAsync(cluster);
            }

            var status = (await _fleet.AssignmentAsync("e2e")).Status;
            return status?.Revision == commit && status.Counts is { } counts && counts.Ready == _clusters.Count ? null : $"{status}";
        });
    }

    private async Task MarkReadyAsync(string cluster)
    {
        if (await _fleet.LiveAsync(cluster, MainJobTests.Deployment, Objects, "web") is not { } live)
        {
            return;
        }

        var replicas = (int)live.Json["spec"]!["replicas"]!;
        var generation = (long)live.Json["metadata"]!["generation"]!;
        if ((long?)live.Json["status"]?["observedGeneration"] == generation && (int?)live.Json["status"]?["availableReplicas"] == replicas)
        {
            return;
        }

        var status = new JsonObject
        {
            ["observedGeneration"] = generation,
            ["replicas"] = replicas,
            ["updatedReplicas"] = replicas,
            ["readyReplicas"] = replicas,
            ["availableReplicas"] = replicas,
            ["conditions"] = new JsonArray(
                Condition("Available", "MinimumReplicasAvailable"),
                Condition("Progressing", "NewReplicaSetAvailable")),
        };
        var kind = await ResourceAsync(cluster, MainJobTests.Deployment);
        await _fleet.Kube(cluster).MergePatchAsync(kind, Objects, "web", new JsonObject { ["status"] = status }, new WriteOptions("e2e-kubelet") { Subresource = "status" }, default);

        static JsonObject Condition(string type, string reason) => new()
        {
            ["type"] = type,
            ["status"] = "True",
            ["reason"] = reason,
            ["message"] = "written by the end-to-end suite, for want of a kubelet",
            ["lastUpdateTime"] = "2026-01-01T00:00:00Z",
            ["lastTransitionTime"] = "2026-01-01T00:00:00Z",
        };
    }

    private async Task<KubeResource> ResourceAsync(string cluster, GroupVersionKind kind)
    {
        var found = await _fleet.Kube(cluster).ResolveAsync(kind, default);
        return found.IsOk ? found.Value : throw new InvalidOperationException($"{cluster} does not serve {kind}: {found.Error.Message}");
    }

    private async Task<string?> ValueAsync(string cluster, string name) =>
        (string?)(await _fleet.LiveAsync(cluster, MainJobTests.ConfigMap, Objects, name))?.Json["data"]?["value"];

    private async Task ForAllAsync(Func<string, Task> work)
    {
        foreach (var cluster in _clusters)
        {
            await work(cluster);
        }
    }

    /// <summary>Also after a failed test: what is in the namespaces first, since nobody may be there to empty them.</summary>
    private async Task CleanUpAsync(string cluster)
    {
        var kube = _fleet.Kube(cluster);
        GroupVersionKind[] kinds = [MainJobTests.Deployment, new("apps", "v1", "ReplicaSet"), new("", "v1", "Pod"), MainJobTests.ConfigMap, new("", "v1", "Secret"), new("", "v1", "Service"), new("coordination.k8s.io", "v1", "Lease")];
        foreach (var ns in (string[])[Objects, AgentState])
        {
            foreach (var kind in kinds)
            {
                var resource = await ResourceAsync(cluster, kind);
                var listed = await kube.ListAsync(resource, new Selection { Namespace = ns }, 500, null, default);
                foreach (var item in listed.IsOk ? listed.Value.Items : [])
                {
                    await kube.DeleteAsync(resource, ns, item.Name, new DeleteOptions { GracePeriodSeconds = 0 }, default);
                }
            }

            await kube.DeleteAsync(await ResourceAsync(cluster, Namespace), "", ns, new DeleteOptions(), default);
        }
    }
}
