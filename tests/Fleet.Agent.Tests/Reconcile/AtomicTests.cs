using Fleet.Agent.Tests.Fakes;
using Fleet.V1;

namespace Fleet.Agent.Tests.Reconcile;

/// <summary>With <c>atomic: true</c> one bad object keeps all from being written; without it, it keeps nobody.</summary>
public sealed class AtomicTests
{
    private const string Widgets = """
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
              schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, required: [size], properties: {size: {type: integer, minimum: 1}}}}}}
        """;

    private static string Widget(string spec) => $"apiVersion: example.com/v1\nkind: Widget\nmetadata: {{name: w, namespace: shop}}\nspec: {spec}\n";

    private const string Bad = "apiVersion: v1\nkind: Service\nmetadata: {name: bad, namespace: default}\nspec: {ports: [{port: 99999}]}\n";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task OneBadObject_OthersAreWrittenUnlessAtomic(bool atomic)
    {
        await using var rig = await AgentRig.StartAsync();
        rig.Hub.Assign("shop", Manifests.Files(("a.yaml", Manifests.ConfigMap("a")), ("bad.yaml", Bad), ("web.yaml", Manifests.Deployment("web"))), s => s.Atomic = atomic);
        var report = await rig.Hub.WaitForReportAsync("shop", r => r.Phase == ReportPhase.Stalled && r.Resources.Any(x => x.Name == "bad" && x.Reason == "Invalid"));
        Assert.Equal("git", report.Resources.First(x => x.Name == "bad").Owner);
        Assert.Equal(atomic, rig.Cluster.Store.Get("v1", "ConfigMap", "default", "a") is null);
        // Woken again and again, it still writes nothing of it.
        rig.Hub.Send(new() { Command = new() { Id = "1", Reconcile = new() } });
        await rig.Hub.UntilAsync(() => rig.Hub.Results.Count == 1);
        Assert.Equal(atomic, rig.Cluster.Store.Get("v1", "ConfigMap", "default", "a") is null);
        var commit = rig.Hub.Assign("shop", Manifests.Files(("a.yaml", Manifests.ConfigMap("a")), ("web.yaml", Manifests.Deployment("web"))), s => s.Atomic = atomic);
        await rig.Hub.WaitReadyAsync("shop", commit);
    }

    [Theory]
    [InlineData("{size: 3}", true)]
    [InlineData("{size: big}", false)]
    [InlineData("{size: 0}", false)]
    [InlineData("{}", false)]
    [InlineData("{size: 1, colour: red}", false)]
    public async Task AtomicPlan_WithItsOwnNamespaceAndDefinition_IsCheckedAgainstWhatIsRendered(string spec, bool good)
    {
        await using var rig = await AgentRig.StartAsync();
        var commit = rig.Hub.Assign("shop", Manifests.Files(("ns.yaml", Manifests.Namespace("shop")), ("crd.yaml", Widgets), ("w.yaml", Widget(spec)), ("cm.yaml", Manifests.ConfigMap("inside", ns: "shop"))), s => s.Atomic = true);
        if (good)
        {
            await rig.Hub.WaitReadyAsync("shop", commit);
            return;
        }
        var report = await rig.Hub.WaitForReportAsync("shop", r => r.Phase == ReportPhase.Stalled && r.Resources.Any(x => x.Kind == "Widget"));
        Assert.Equal("Schema", report.Resources.First(x => x.Kind == "Widget").Reason);
        Assert.Null(rig.Cluster.Store.Get("v1", "Namespace", "", "shop"));
        Assert.Null(rig.Cluster.Store.Get("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", "widgets.example.com"));
    }

    [Fact]
    public async Task AtomicPlan_AForeignObjectInTheWay_WritesNothing()
    {
        await using var rig = await AgentRig.StartAsync();
        rig.Cluster.Store.Apply(Manifests.ConfigMap("b", "theirs"), "helm");
        rig.Hub.Assign("shop", Manifests.Files(("a.yaml", Manifests.ConfigMap("a")), ("b.yaml", Manifests.ConfigMap("b"))), s => s.Atomic = true);
        await rig.Hub.WaitForReportAsync("shop", r => r.Phase == ReportPhase.Stalled && r.Resources.Any(x => x.Reason == "Exists"));
        Assert.Null(rig.Cluster.Store.Get("v1", "ConfigMap", "default", "a"));
    }

    [Fact]
    public async Task AtomicPlan_BlockedRevision_DriftOfTheLastOneIsStillHealed()
    {
        await using var rig = await AgentRig.StartAsync();
        var files = Manifests.Files(("a.yaml", Manifests.ConfigMap("a")), ("b.yaml", Manifests.ConfigMap("b")));
        await rig.Hub.WaitReadyAsync("shop", rig.Hub.Assign("shop", files, s => s.Atomic = true));
        files["bad.yaml"] = Bad;
        files["b.yaml"] = Manifests.ConfigMap("b", "2");
        rig.Hub.Assign("shop", files, s => s.Atomic = true);
        await rig.Hub.WaitForReportAsync("shop", r => r.Phase == ReportPhase.Stalled);
        rig.Cluster.Store.Delete("v1", "ConfigMap", "default", "a");
        await rig.Cluster.Store.WaitForAsync("v1", "ConfigMap", "default", "a", c => c is not null, new CancellationTokenSource(20_000).Token);
        Assert.Equal("1", (string?)rig.Cluster.Store.Get("v1", "ConfigMap", "default", "b")!["data"]!["key"]);
    }
}
