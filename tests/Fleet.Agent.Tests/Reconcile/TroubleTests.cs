using Fleet.Agent.Tests.Fakes;
using Fleet.V1;

namespace Fleet.Agent.Tests.Reconcile;

/// <summary>Bad input and bad servers: each gives a state with reason and next step, costs nothing else its progress, and clears itself once mended.</summary>
public sealed class TroubleTests
{
    [Fact]
    public async Task Content_ForgedBlob_IsRefusedAndNothingApplied()
    {
        await using var rig = await AgentRig.StartAsync();
        rig.Hub.OnContent = (request, parts) =>
        {
            var objects = ContentObjects.Parser.ParseFrom(parts[0].Objects);
            foreach (var blob in objects.Objects.Where(o => o.Type == GitObjectType.Blob))
            {
                var text = Google.Protobuf.ByteString.CopyFromUtf8(blob.Data.ToStringUtf8().Replace("\"1\"", "\"evil\"", StringComparison.Ordinal));
                (blob.Data, blob.Size) = (text, (ulong)text.Length);
            }
            return [new() { Objects = Google.Protobuf.MessageExtensions.ToByteString(objects) }];
        };
        rig.Hub.Assign("shop", Manifests.Files(("cm.yaml", Manifests.ConfigMap("settings"))));
        var report = await rig.Hub.WaitForReportAsync("shop", r => r.Phase == ReportPhase.Stalled);
        Assert.Equal("BadHash", report.Error.Reason);
        Assert.Null(rig.Cluster.Store.Get("v1", "ConfigMap", "default", "settings"));
    }

    [Fact]
    public async Task Spec_Forged_IsNotAccepted()
    {
        await using var rig = await AgentRig.StartAsync();
        await rig.Hub.UntilAsync(() => rig.Hub.Sessions == 1);
        rig.Hub.OnSpec = bytes => [.. bytes, 0x50, 0x01];
        rig.Hub.Assign("shop", Manifests.Files(("cm.yaml", Manifests.ConfigMap("settings"))));
        await rig.ConcernAsync("session", c => c.Reason == "BadSpec");
        Assert.DoesNotContain(rig.Hub.Acks, a => a.Stage == AckStage.Accepted);
        rig.Hub.OnSpec = null;
        await rig.Hub.WaitForReportAsync("shop", r => r.Phase == ReportPhase.Ready);
    }

    [Fact]
    public async Task Hub_RestoredFromBackup_IsAForkAndNothingIsRemoved()
    {
        await using var rig = await AgentRig.StartAsync();
        var commit = rig.Hub.Assign("shop", Manifests.Files(("cm.yaml", Manifests.ConfigMap("settings"))));
        await rig.Hub.WaitReadyAsync("shop", commit);
        rig.Hub.Lineage = [2, 2, 2, 2];
        rig.Hub.Lose("shop");
        rig.Hub.EndSession();
        await rig.Hub.UntilAsync(() => rig.Hub.Acks.Any(a => a.Stage == AckStage.Rejected && a.Message.Contains("Fork", StringComparison.Ordinal)));
        Assert.NotNull(rig.Cluster.Store.Get("v1", "ConfigMap", "default", "settings"));
        rig.Hub.Send(new() { Command = new() { Id = "c", ReleaseFork = new() { Lineage = Google.Protobuf.ByteString.CopyFrom(rig.Hub.Lineage), Generation = rig.Hub.Generation, Chain = Google.Protobuf.ByteString.CopyFrom(rig.Hub.ChainOf(rig.Hub.Generation)) } } });
        await rig.Hub.WaitForReportAsync("shop", r => r.Phase == ReportPhase.Orphaned);
        Assert.NotNull(rig.Cluster.Store.Get("v1", "ConfigMap", "default", "settings"));
    }

    [Fact]
    public async Task Namespace_Missing_WaitsAndClearsItself()
    {
        await using var rig = await AgentRig.StartAsync();
        var commit = rig.Hub.Assign("shop", Manifests.Files(("cm.yaml", Manifests.ConfigMap("settings", ns: "later")), ("here.yaml", Manifests.ConfigMap("here"))));
        var report = await rig.Hub.WaitForReportAsync("shop", r => r.Phase == ReportPhase.Waiting);
        Assert.Equal("NamespaceMissing", report.Error.Reason);
        Assert.Contains("Add the Namespace", report.Error.Message, StringComparison.Ordinal);
        Assert.NotNull(rig.Cluster.Store.Get("v1", "ConfigMap", "default", "here"));
        rig.Cluster.Store.Apply(Manifests.Namespace("later"), "somebody");
        await rig.Hub.WaitReadyAsync("shop", commit, 45);
    }

    [Fact]
    public async Task Kind_Unknown_WaitsAndTheRestStands()
    {
        await using var rig = await AgentRig.StartAsync();
        rig.Hub.Assign("shop", Manifests.Files(("w.yaml", "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\n"), ("here.yaml", Manifests.ConfigMap("here"))));
        var report = await rig.Hub.WaitForReportAsync("shop", r => r.Phase == ReportPhase.Waiting && r.Objects.Current == 1);
        Assert.Equal("UnknownKind", report.Error.Reason);
        Assert.NotNull(rig.Cluster.Store.Get("v1", "ConfigMap", "default", "here"));
    }

    [Fact]
    public async Task Yaml_Broken_KeepsTheOldRevisionHealing()
    {
        await using var rig = await AgentRig.StartAsync();
        var good = rig.Hub.Assign("shop", Manifests.Files(("cm.yaml", Manifests.ConfigMap("settings"))));
        await rig.Hub.WaitReadyAsync("shop", good);
        rig.Hub.Assign("shop", Manifests.Files(("cm.yaml", "kind: [unclosed\n")));
        var report = await rig.Hub.WaitForReportAsync("shop", r => r.Phase == ReportPhase.Stalled);
        Assert.Equal("RenderFailed", report.Error.Reason);
        Assert.Contains("cm.yaml:", report.Error.Message, StringComparison.Ordinal);
        Assert.Equal(good, report.AppliedRevision);
        rig.Cluster.Store.Delete("v1", "ConfigMap", "default", "settings");
        await rig.Cluster.Store.WaitForAsync("v1", "ConfigMap", "default", "settings", c => c is not null, new CancellationTokenSource(10_000).Token);
    }

    [Fact]
    public async Task Directory_Empty_IsStalledAndPrunesNothing()
    {
        await using var rig = await AgentRig.StartAsync();
        await rig.Hub.WaitReadyAsync("shop", rig.Hub.Assign("shop", Manifests.Files(("cm.yaml", Manifests.ConfigMap("settings")))));
        rig.Hub.Assign("shop", Manifests.Files(("README.md", "nothing")));
        var report = await rig.Hub.WaitForReportAsync("shop", r => r.Holds.Any(h => h.Reason == "EmptyRender"));
        Assert.NotNull(rig.Cluster.Store.Get("v1", "ConfigMap", "default", "settings"));
        Assert.NotEqual(ReportPhase.Ready, report.Phase);
    }

    [Fact]
    public async Task Prune_ManyAtOnce_IsHeldUntilReleasedForThatRevision()
    {
        await using var rig = await AgentRig.StartAsync();
        var files = Manifests.Files([.. Enumerable.Range(0, 10).Select(i => ($"cm{i}.yaml", Manifests.ConfigMap($"cm{i}")))]);
        await rig.Hub.WaitReadyAsync("shop", rig.Hub.Assign("shop", files));
        TargetSpec? spec = null;
        var commit = rig.Hub.Assign("shop", Manifests.Files(("cm0.yaml", Manifests.ConfigMap("cm0"))), s => spec = s);
        var report = await rig.Hub.WaitForReportAsync("shop", r => r.Holds.Any(h => h.Reason == "MassPrune"));
        Assert.Equal(9, report.Holds[0].Count);
        Assert.NotNull(rig.Cluster.Store.Get("v1", "ConfigMap", "default", "cm5"));
        rig.Hub.AssignCommit("shop", commit, spec!, t => t.ReleasedHolds.Add($"MassPrune:{commit}"));
        await rig.Hub.WaitForReportAsync("shop", r => r.Holds.Count == 0 && r.Objects.Pruned == 9);
        Assert.Null(rig.Cluster.Store.Get("v1", "ConfigMap", "default", "cm5"));
    }

    [Fact]
    public async Task Server_Answers429_IsAskedAgainNoSoonerThanItSaid()
    {
        await using var rig = await AgentRig.StartAsync();
        rig.Cluster.Faults.Add(new() { Name = "busy", Action = KubeSim.Faults.FaultAction.Fail, Status = 429, RetryAfter = 2, Verb = "patch", Resource = "configmaps", ObjectName = "settings", Count = 1 });
        var commit = rig.Hub.Assign("shop", Manifests.Files(("cm.yaml", Manifests.ConfigMap("settings")), ("other.yaml", Manifests.ConfigMap("other"))));
        await rig.Hub.WaitReadyAsync("shop", commit);
        var tries = rig.Cluster.Requests.Where(r => r.Verb == "patch" && r.Name == "settings");
        Assert.Equal(2, tries.Count);
        Assert.True(tries[1].Time - tries[0].Time >= TimeSpan.FromSeconds(2), $"{tries[1].Time - tries[0].Time}");
    }

    [Fact]
    public async Task Server_Answers500_OthersGoOnAndItClearsItself()
    {
        await using var rig = await AgentRig.StartAsync();
        rig.Cluster.Faults.Add(new() { Name = "broken", Action = KubeSim.Faults.FaultAction.Fail, Status = 500, Verb = "patch", Resource = "configmaps", ObjectName = "settings", Count = 2 });
        var commit = rig.Hub.Assign("shop", Manifests.Files(("cm.yaml", Manifests.ConfigMap("settings")), ("other.yaml", Manifests.ConfigMap("other"))));
        var report = await rig.Hub.WaitForReportAsync("shop", r => r.Error?.Retry == "Transient");
        Assert.NotNull(rig.Cluster.Store.Get("v1", "ConfigMap", "default", "other"));
        Assert.NotNull(report.Error.NextTryTime);
        await rig.Hub.WaitReadyAsync("shop", commit);
    }

    [Fact]
    public async Task Server_HangsForOneObject_OthersGoOn()
    {
        await using var rig = await AgentRig.StartAsync(o => o with { Kube = new() { CallTimeout = TimeSpan.FromSeconds(2) } });
        rig.Cluster.Faults.Add(new() { Name = "hang", Action = KubeSim.Faults.FaultAction.Hang, Verb = "patch", Resource = "configmaps", ObjectName = "settings", Count = 1 });
        var commit = rig.Hub.Assign("shop", Manifests.Files(("cm.yaml", Manifests.ConfigMap("settings")), ("other.yaml", Manifests.ConfigMap("other"))));
        await rig.Cluster.Store.WaitForAsync("v1", "ConfigMap", "default", "other", c => c is not null, new CancellationTokenSource(10_000).Token);
        await rig.Hub.WaitReadyAsync("shop", commit);
    }

    [Fact]
    public async Task Server_AwayForAWhile_EverythingIsHealedAfterwards()
    {
        await using var rig = await AgentRig.StartAsync();
        var commit = rig.Hub.Assign("shop", Manifests.Files(("cm.yaml", Manifests.ConfigMap("settings"))));
        await rig.Hub.WaitReadyAsync("shop", commit);
        await rig.Cluster.StopAsync();
        rig.Cluster.Store.Change("v1", "ConfigMap", "default", "settings", c => c["data"]!["key"] = "changed", "somebody");
        rig.Cluster.CompactHistory();
        await rig.Cluster.StartAsync();
        await rig.Cluster.Store.WaitForAsync("v1", "ConfigMap", "default", "settings", c => (string?)c?["data"]?["key"] == "1", new CancellationTokenSource(30_000).Token);
    }

    [Fact]
    public async Task Write_AnswerLost_IsRecognisedAsOurs()
    {
        await using var rig = await AgentRig.StartAsync();
        rig.Cluster.Faults.Add(new() { Name = "cut", Action = KubeSim.Faults.FaultAction.Disconnect, AfterWork = true, Verb = "patch", Resource = "configmaps", ObjectName = "settings", Count = 1 });
        var commit = rig.Hub.Assign("shop", Manifests.Files(("cm.yaml", Manifests.ConfigMap("settings"))));
        await rig.Hub.WaitReadyAsync("shop", commit);
        rig.Hub.Remove("shop", RemovalPolicy.Delete);
        await rig.Hub.UntilAsync(() => rig.Hub.RemovedReports.Contains("uid-shop"));
        // Not adopted: it was ours from the first write on, so it goes.
        Assert.Null(rig.Cluster.Store.Get("v1", "ConfigMap", "default", "settings"));
    }

    [Fact]
    public async Task Object_ForeignAndDifferent_IsLeftAloneAndNamed()
    {
        await using var rig = await AgentRig.StartAsync();
        rig.Cluster.Store.Apply(Manifests.ConfigMap("settings", "theirs"), "helm");
        rig.Hub.Assign("shop", Manifests.Files(("cm.yaml", Manifests.ConfigMap("settings")), ("other.yaml", Manifests.ConfigMap("other"))));
        var report = await rig.Hub.WaitForReportAsync("shop", r => r.Phase == ReportPhase.Stalled && r.Objects.Current == 1);
        Assert.Equal("Exists", report.Error.Reason);
        Assert.Equal("theirs", (string?)rig.Cluster.Store.Get("v1", "ConfigMap", "default", "settings")!["data"]!["key"]);
        rig.Cluster.Store.Delete("v1", "ConfigMap", "default", "settings");
    }

    [Fact]
    public async Task Namespace_InTwoAssignments_IsSharedWithoutAFight()
    {
        await using var rig = await AgentRig.StartAsync();
        var a = rig.Hub.Assign("a", Manifests.Files(("ns.yaml", Manifests.Namespace("shop")), ("a.yaml", Manifests.ConfigMap("a", ns: "shop"))));
        var b = rig.Hub.Assign("b", Manifests.Files(("ns.yaml", Manifests.Namespace("shop")), ("b.yaml", Manifests.ConfigMap("b", ns: "shop"))));
        await rig.Hub.WaitReadyAsync("a", a);
        var report = await rig.Hub.WaitReadyAsync("b", b);
        Assert.Equal(0, report.Corrections);
        rig.Hub.Remove("a", RemovalPolicy.Delete);
        await rig.Hub.UntilAsync(() => rig.Hub.RemovedReports.Contains("uid-a"));
        Assert.NotNull(rig.Cluster.Store.Get("v1", "Namespace", "", "shop"));
        Assert.NotNull(rig.Cluster.Store.Get("v1", "ConfigMap", "shop", "b"));
    }

    [Fact]
    public async Task Object_InTwoAssignments_IsAConflictAndStaysWithItsOwner()
    {
        await using var rig = await AgentRig.StartAsync();
        await rig.Hub.WaitReadyAsync("a", rig.Hub.Assign("a", Manifests.Files(("cm.yaml", Manifests.ConfigMap("settings", "a")))));
        rig.Hub.Assign("b", Manifests.Files(("cm.yaml", Manifests.ConfigMap("settings", "b"))));
        var report = await rig.Hub.WaitForReportAsync("b", r => r.Phase == ReportPhase.Conflicted);
        Assert.Equal("a", Assert.Single(report.Conflicts).Owner);
        Assert.Equal("a", (string?)rig.Cluster.Store.Get("v1", "ConfigMap", "default", "settings")!["data"]!["key"]);
    }

    [Fact]
    public async Task Secret_Drifted_ShowsNoValue()
    {
        await using var rig = await AgentRig.StartAsync();
        var commit = rig.Hub.Assign("shop", Manifests.Files(("s.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: default}\nstringData: {password: hunter2}\n")));
        await rig.Hub.WaitReadyAsync("shop", commit);
        rig.Cluster.Store.Change("v1", "Secret", "default", "s", s => s["data"]!["password"] = Convert.ToBase64String("stolen99"u8), "somebody");
        var report = await rig.Hub.WaitForReportAsync("shop", r => r.Drifts.Any(d => d.Healed));
        var said = Google.Protobuf.JsonFormatter.Default.Format(report) + rig.Log;
        foreach (var secret in (string[])["hunter2", "stolen99", Convert.ToBase64String("hunter2"u8), Convert.ToBase64String("stolen99"u8)]) Assert.DoesNotContain(secret, said, StringComparison.Ordinal);
    }
}
