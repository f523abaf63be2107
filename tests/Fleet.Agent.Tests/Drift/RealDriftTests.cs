using System.Text.Json.Nodes;
using Fleet.Agent.Tests.Fakes;
using Fleet.V1;

namespace Fleet.Agent.Tests.Drift;

/// <summary>Real drift that is easily missed, and things that look like drift of other kinds.</summary>
public sealed class RealDriftTests
{
    private const string Secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: default}\nstringData: {password: hunter2, user: shop}\n";

    private const string TwoInits = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, namespace: default}
        spec:
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              initContainers: [{name: first, image: "init:1"}, {name: second, image: "init:2"}]
              containers: [{name: web, image: "nginx:1"}]

        """;

    private const string TwoJobs = """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: short, namespace: default}
        spec:
          ttlSecondsAfterFinished: 0
          template: {spec: {restartPolicy: Never, containers: [{name: c, image: "busybox:1"}]}}
        ---
        apiVersion: batch/v1
        kind: Job
        metadata: {name: long, namespace: default}
        spec:
          suspend: true
          template: {spec: {restartPolicy: Never, containers: [{name: c, image: "busybox:1"}]}}

        """;

    private static Dictionary<string, string> Files(string text) => Manifests.Files(("it.yaml", text));

    [Fact]
    public async Task StringData_KeyChangedOrRemoved_IsHealedAndNoValueLeaves()
    {
        await using var scene = await DriftScene.StartAsync(Files(Secret));
        scene.Mark();
        scene.Store.Change("v1", "Secret", "default", "s", s => s["data"]!["theirs"] = "eA==", "another-controller");
        await scene.AssertQuietAsync("s");
        scene.Mark();
        scene.Store.Change("v1", "Secret", "default", "s", s => s["data"]!["password"] = Convert.ToBase64String("stolen99"u8), "somebody");
        await scene.AssertHealedAsync("Secret", "s", ".data.password", "(hidden)", "(hidden)", "somebody");
        Assert.Equal(Convert.ToBase64String("hunter2"u8), (string?)scene.Live("v1", "Secret", "s")["data"]!["password"]);
        Assert.NotNull(scene.Live("v1", "Secret", "s")["data"]!["theirs"]);
        // Removed in Git: a key that was written as stringData goes too.
        await scene.AssignReadyAsync(Files(Secret.Replace(", user: shop", "", StringComparison.Ordinal)));
        Assert.Null(scene.Live("v1", "Secret", "s")["data"]!["user"]);
        var said = string.Join('\n', scene.Rig.Hub.ReportOf("shop"), scene.Rig.Log, scene.Rig.Agent!.Status);
        foreach (var secret in (string[])["hunter2", "stolen99"])
        {
            Assert.DoesNotContain(secret, said, StringComparison.Ordinal);
            Assert.DoesNotContain(Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(secret)), said, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task InitContainers_Reordered_AreHealed()
    {
        await using var scene = await DriftScene.StartAsync(Files(TwoInits));
        scene.Mark();
        scene.Store.Change("apps/v1", "Deployment", "default", "web", d =>
        {
            var inits = d["spec"]!["template"]!["spec"]!["initContainers"]!.AsArray();
            var first = inits[0]!.DeepClone();
            inits.RemoveAt(0);
            inits.Add(first);
        }, "somebody");
        var report = await scene.Rig.Hub.WaitForReportAsync("shop", r => DriftScene.Own(r).Any(d => d.Healed));
        var drift = Assert.Single(DriftScene.Own(report));
        Assert.Equal(".spec.template.spec.initContainers", drift.Field);
        Assert.Equal(["first", "second"], scene.Live("apps/v1", "Deployment", "web")["spec"]!["template"]!["spec"]!["initContainers"]!.AsArray().Select(c => (string?)c!["name"]));
        Assert.Single(scene.OwnWrites());
    }

    [Fact]
    public async Task Label_TakenOffWhileWatching_LooksLikeADeletionAndIsHealed()
    {
        await using var scene = await DriftScene.StartAsync(Files(Manifests.ConfigMap("settings")));
        var uid = (string?)scene.Live("v1", "ConfigMap", "settings")["metadata"]!["uid"];
        scene.Mark();
        scene.Store.Change("v1", "ConfigMap", "default", "settings", c => c["metadata"]!["labels"]!.AsObject().Remove("fleet.dev/owner"), "somebody");
        var report = await scene.Rig.Hub.WaitForReportAsync("shop", r => DriftScene.Own(r).Any(d => d.Healed));
        Assert.Equal(".metadata.labels[\"fleet.dev/owner\"]", Assert.Single(DriftScene.Own(report)).Field);
        Assert.Equal(uid, (string?)scene.Live("v1", "ConfigMap", "settings")["metadata"]!["uid"]);
        Assert.Single(scene.OwnWrites());
    }

    [Fact]
    public async Task Restart_DriftMadeWhileDown_IsSeenNamedAndHealedAndNothingElseWritten()
    {
        await using var scene = await DriftScene.StartAsync(Manifests.Files(("a.yaml", TwoInits), ("b.yaml", Manifests.ConfigMap("settings")), ("c.yaml", Manifests.ConfigMap("other"))));
        await scene.Rig.StopAgentAsync();
        scene.Mark();
        scene.Store.Change("v1", "ConfigMap", "default", "settings", c => c["data"]!["key"] = "changed", "somebody");
        scene.Store.Change("apps/v1", "Deployment", "default", "web", d => d["metadata"]!["annotations"] = new JsonObject { ["theirs"] = "1" }, "kubectl-annotate");
        await scene.Rig.StartAgentAsync();
        await scene.AssertHealedAsync("ConfigMap", "settings", ".data.key", "\"1\"", "\"changed\"", "somebody");
        Assert.Equal(["patch configmaps/settings"], scene.OwnWrites());
    }

    [Fact]
    public async Task Job_GoneByItsTtl_IsNotRunAgain_AnotherThatWasDeletedIs()
    {
        await using var scene = await DriftScene.StartAsync(Files(TwoJobs));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await scene.Store.WaitForAsync("batch/v1", "Job", "default", "short", j => j is null, limit.Token);
        scene.Mark();
        await scene.AssertQuietAsync("long");
        Assert.Null(scene.Store.Get("batch/v1", "Job", "default", "short"));
        await scene.Rig.StopAgentAsync();
        await scene.Rig.StartAgentAsync();
        scene.Store.Delete("batch/v1", "Job", "default", "long");
        var report = await scene.Rig.Hub.WaitForReportAsync("shop", r => DriftScene.Own(r).Any(d => d.Name == "long" && d.Healed));
        Assert.Equal(("", "present", "absent"), DriftScene.Own(report).Select(d => (d.Field, d.Expected, d.Actual)).Single());
        Assert.Null(scene.Store.Get("batch/v1", "Job", "default", "short"));
        Assert.DoesNotContain(scene.OwnWrites(), w => w.Contains("short", StringComparison.Ordinal));
    }

    [Fact]
    public async Task EndpointSlices_OfOurServices_CarryOurLabelAndAreNoneOfOurs()
    {
        const string service = """
            apiVersion: v1
            kind: Service
            metadata: {name: web, namespace: default, labels: {app: web}}
            spec: {selector: {app: web}, ports: [{port: 80}]}
            ---
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: mine, namespace: default, labels: {app: web}}
            addressType: IPv4
            endpoints: [{addresses: [10.1.2.3]}]
            ports: [{name: http, port: 80, protocol: TCP}]

            """;
        await using var scene = await DriftScene.StartAsync(Manifests.Files(("it.yaml", service), ("web.yaml", TwoInits)));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!scene.Store.List("discovery.k8s.io/v1", "EndpointSlice", "default").Any(s => (string)s["metadata"]!["name"]! != "mine" && s["metadata"]!["labels"]!["fleet.dev/owner"] is not null)) await Task.Delay(20, limit.Token);
        scene.Mark();
        await scene.AssertQuietAsync("mine", "web");
        Assert.Equal(2, scene.Store.List("discovery.k8s.io/v1", "EndpointSlice", "default").Count);
        scene.Mark();
        scene.Store.Change("discovery.k8s.io/v1", "EndpointSlice", "default", "mine", s => s["endpoints"]![0]!["addresses"]![0] = "10.6.6.6", "evil");
        var report = await scene.Rig.Hub.WaitForReportAsync("shop", r => DriftScene.Own(r).Any(d => d.Healed));
        Assert.Equal("evil", Assert.Single(DriftScene.Own(report)).Manager);
        Assert.Equal(["patch endpointslices/mine"], scene.OwnWrites());
    }

    [Fact]
    public async Task Report_DriftIsNamedAndLeft_AndForgottenWhenItGoesByItself()
    {
        await using var scene = await DriftScene.StartAsync(Files(Manifests.ConfigMap("settings")), s => s.Drift = new() { Mode = "report" });
        scene.Mark();
        scene.Store.Change("v1", "ConfigMap", "default", "settings", c => c["data"]!["key"] = "2", "somebody");
        var report = await scene.Rig.Hub.WaitForReportAsync("shop", r => r.Phase == ReportPhase.Drifted);
        Assert.Equal((".data.key", "\"1\"", "\"2\"", "somebody"), report.Drifts.Select(d => (d.Field, d.Expected, d.Actual, d.Manager)).Single());
        scene.Store.Change("v1", "ConfigMap", "default", "settings", c => c["data"]!["key"] = "1", "somebody");
        report = await scene.Rig.Hub.WaitForReportAsync("shop", r => r.Phase == ReportPhase.Ready);
        Assert.Empty(report.Drifts);
        var label = (string?)scene.Live("v1", "ConfigMap", "settings")["metadata"]!["labels"]!["fleet.dev/owner"];
        scene.Store.Delete("v1", "ConfigMap", "default", "settings");
        await scene.Rig.Hub.WaitForReportAsync("shop", r => r.Drifts.Any(d => d is { Field: "", Actual: "absent", Healed: false }));
        scene.Store.Apply(Manifests.ConfigMap("settings", "3").Replace("metadata:\n", $"metadata:\n  labels: {{fleet.dev/owner: {label}}}\n", StringComparison.Ordinal), "somebody");
        await scene.Rig.Hub.WaitForReportAsync("shop", r => r.Drifts.Any(d => d is { Field: "", Actual: not "absent", Healed: false }));
        Assert.Empty(scene.OwnWrites());
    }

    [Fact]
    public async Task Ignore_TurnedOnWhileDriftStands_LeavesItAndSaysNothing()
    {
        var files = Files(Manifests.ConfigMap("settings"));
        await using var scene = await DriftScene.StartAsync(files, s => s.Drift = new() { Mode = "report" });
        scene.Store.Change("v1", "ConfigMap", "default", "settings", c => c["data"]!["key"] = "2", "somebody");
        await scene.Rig.Hub.WaitForReportAsync("shop", r => r.Phase == ReportPhase.Drifted);
        scene.Mark();
        var report = await scene.AssignReadyAsync(files, s => s.Drift = new() { Mode = "ignore" });
        Assert.Empty(report.Drifts);
        scene.Store.Change("v1", "ConfigMap", "default", "settings", c => c["data"]!["key"] = "3", "somebody");
        report = await scene.AssignReadyAsync(Manifests.Files(("it.yaml", Manifests.ConfigMap("settings")), ("new.yaml", Manifests.ConfigMap("new"))), s => s.Drift = new() { Mode = "ignore" });
        Assert.Equal("3", (string?)scene.Live("v1", "ConfigMap", "settings")["data"]!["key"]);
        Assert.Empty(report.Drifts);
        Assert.Equal(["patch configmaps/new"], scene.Writes());
        // Correct again: it is put right at once.
        await scene.AssignReadyAsync(files, s => s.Drift = new() { Mode = "correct" });
        Assert.Equal("1", (string?)scene.Live("v1", "ConfigMap", "settings")["data"]!["key"]);
    }

    [Fact]
    public async Task Fight_WithAnotherController_IsNamedAndBackedOffFrom()
    {
        await using var scene = await DriftScene.StartAsync(Files(Manifests.ConfigMap("settings")));
        scene.Mark();
        using var stop = new CancellationTokenSource();
        var fighter = Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                await scene.Store.WaitForAsync("v1", "ConfigMap", "default", "settings", c => (string?)c?["data"]?["key"] == "1", stop.Token);
                scene.Store.Change("v1", "ConfigMap", "default", "settings", c => c["data"]!["key"] = $"theirs-{i}", "stubborn-operator");
            }
        });
        var report = await scene.Rig.Hub.WaitForReportAsync("shop", r => r.Error?.Reason == "Fight", 40);
        Assert.Contains("stubborn-operator", report.Error.Message, StringComparison.Ordinal);
        Assert.Equal("Waiting", report.Error.Retry);
        Assert.NotNull(report.Error.NextTryTime);
        Assert.Contains(report.Resources, r => r.Name == "settings" && r.Message.Contains("stubborn-operator", StringComparison.Ordinal));
        var writes = scene.OwnWrites().Count;
        Assert.InRange(writes, 1, 5);
        // Others are not held up meanwhile.
        scene.Store.Change("v1", "ConfigMap", "default", "canary-0", c => c["data"]!["key"] = "x", "somebody");
        await scene.Rig.Hub.WaitForReportAsync("shop", r => r.Drifts.Any(d => d.Name == "canary-0" && d.Healed));
        await stop.CancelAsync();
        await fighter.ContinueWith(_ => { }, TaskScheduler.Default);
        await scene.Rig.Hub.WaitForReportAsync("shop", r => r.Phase == ReportPhase.Ready, 60);
        Assert.Equal("1", (string?)scene.Live("v1", "ConfigMap", "settings")["data"]!["key"]);
    }
}
