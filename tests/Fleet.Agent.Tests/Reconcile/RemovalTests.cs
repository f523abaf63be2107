using System.Text.Json.Nodes;
using Fleet.Agent.Tests.Fakes;
using Fleet.V1;

namespace Fleet.Agent.Tests.Reconcile;

/// <summary>How things leave, and definitions that come with their objects.</summary>
public sealed class RemovalTests
{
    [Fact]
    public async Task Tombstone_Delete_RemovesWhatIsOwnedButNamespaces()
    {
        await using var rig = await AgentRig.StartAsync();
        await rig.Hub.WaitReadyAsync("shop", rig.Hub.Assign("shop", Manifests.Files(
            ("ns.yaml", Manifests.Namespace("shop")), ("a.yaml", Manifests.ConfigMap("a", ns: "shop")), ("web.yaml", Manifests.Deployment("web", ns: "shop")))));
        rig.Hub.Remove("shop", RemovalPolicy.Delete);
        await rig.Hub.UntilAsync(() => rig.Hub.RemovedReports.Contains("uid-shop"), words: () => rig.Log.ToString());
        Assert.Null(rig.Cluster.Store.Get("v1", "ConfigMap", "shop", "a"));
        Assert.Null(rig.Cluster.Store.Get("apps/v1", "Deployment", "shop", "web"));
        var ns = rig.Cluster.Store.Get("v1", "Namespace", "", "shop");
        Assert.NotNull(ns);
        Assert.Null((ns["metadata"]!["labels"] as JsonObject)?["fleet.dev/owner"]);
    }

    [Fact]
    public async Task Tombstone_Keep_LetsGoAndDeletesNothing()
    {
        await using var rig = await AgentRig.StartAsync();
        await rig.Hub.WaitReadyAsync("shop", rig.Hub.Assign("shop", Manifests.Files(("a.yaml", Manifests.ConfigMap("a")))));
        rig.Hub.Remove("shop", RemovalPolicy.Keep, RemovalCause.LeftGroup);
        await rig.Hub.UntilAsync(() => rig.Hub.RemovedReports.Contains("uid-shop"), words: () => rig.Log.ToString());
        var kept = rig.Cluster.Store.Get("v1", "ConfigMap", "default", "a");
        Assert.NotNull(kept);
        Assert.Null((kept["metadata"]!["labels"] as JsonObject)?["fleet.dev/owner"]);
        Assert.Empty(rig.Cluster.Requests.Where(r => r.Verb == "delete" && r.Resource == "configmaps"));
    }

    [Fact]
    public async Task Definition_AndItsObject_ArriveInOneCommit()
    {
        await using var rig = await AgentRig.StartAsync();
        var commit = rig.Hub.Assign("crd", Manifests.Files(("a-object.yaml", "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w, namespace: default}\nspec: {size: 3}\n"), ("z-crd.yaml", """
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: widgets.example.com}
            spec:
              group: example.com
              names: {kind: Widget, plural: widgets, singular: widget, listKind: WidgetList}
              scope: Namespaced
              versions:
                - name: v1
                  served: true
                  storage: true
                  schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}}
            """)));
        await rig.Hub.WaitReadyAsync("crd", commit);
        Assert.NotNull(rig.Cluster.Store.Get("example.com/v1", "Widget", "default", "w"));
    }
}
