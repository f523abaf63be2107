using Fleet.Agent.Core.Drift;
using Fleet.Agent.Core.Plan;

namespace Fleet.Agent.Core.Tests.Plan;

public sealed class PlannerTests
{
    private static readonly DriftVerdict Drifted = new([new(".data", "1", "2", "kubectl-edit")], 0);

    [Fact]
    public void Plan_NothingChanged_HasNoWork()
    {
        var world = new World();
        for (var i = 0; i < 500; i++) world.Both("ConfigMap", $"c{i}");
        var plan = world.Plan();
        Assert.False(plan.HasWork);
        Assert.Equal(500, plan.Skip.Count);
    }

    [Fact]
    public void Plan_OneOf500Changed_IsOneApply()
    {
        var world = new World();
        for (var i = 0; i < 499; i++) world.Both("ConfigMap", $"c{i}");
        world.Wants("ConfigMap", "x", value: "2").Owns("ConfigMap", "x", value: "1");
        var plan = world.Plan();
        Assert.Equal(ApplyReason.Changed, Assert.Single(plan.Apply).Reason);
        Assert.Empty(plan.Prune);
    }

    [Fact]
    public void Stages_AllKinds_InInstallOrder()
    {
        var world = new World();
        foreach (var kind in new[] { "ValidatingWebhookConfiguration", "Widget", "APIService", "Ingress", "Job", "Deployment", "Service", "ConfigMap", "ServiceAccount", "RoleBinding", "Role", "StorageClass", "ClusterRole", "CustomResourceDefinition", "Namespace" }) world.Wants(kind, "x");
        var plan = world.Plan();
        Assert.Equal(["Namespace", "CustomResourceDefinition", "ClusterRole", "StorageClass", "ServiceAccount", "ConfigMap", "Role", "RoleBinding", "Service", "Deployment", "Job", "Ingress", "Widget", "APIService", "ValidatingWebhookConfiguration"],
            plan.Apply.Select(a => a.Key.Kind));
        Assert.Equal([Stage.Namespaces, Stage.Definitions, Stage.ClusterDefinitions, Stage.Foundations, Stage.Workloads, Stage.Admission], plan.Stages.Select(s => s.Stage));
        Assert.Equal(StageGate.DefinitionsEstablished, plan.Stages[3].Gate);
        Assert.Equal(StageGate.BackendsAvailable, plan.Stages[5].Gate);
    }

    [Fact]
    public void Object_Intent_IsAppliedAgain() =>
        Assert.Equal(ApplyReason.New, Assert.Single(new World().Both("ConfigMap", "a", entry: e => e with { RenderedHash = "", Uid = "" }).Plan().Apply).Reason);

    [Fact]
    public void Object_NeverObserved_IsApplied() =>
        Assert.Equal(ApplyReason.Unobserved, Assert.Single(new World().Both("ConfigMap", "a", seen: _ => null).Plan().Apply).Reason);

    [Theory]
    [InlineData(DriftMode.Correct, null)]
    [InlineData(DriftMode.Report, SkipReason.DriftReported)]
    [InlineData(DriftMode.Ignore, SkipReason.DriftIgnored)]
    public void Object_Missing_FollowsTheDriftMode(DriftMode mode, SkipReason? skipped)
    {
        var world = new World { Change = r => r with { Drift = mode } }.Both("ConfigMap", "a", seen: _ => ObservedObject.Absent);
        var plan = world.Plan();
        if (skipped is null) Assert.Equal(ApplyReason.Missing, Assert.Single(plan.Apply).Reason);
        else Assert.Equal(skipped, Assert.Single(plan.Skip).Reason);
    }

    [Fact]
    public void Job_DoneAndGone_IsNotRunAgain()
    {
        Assert.Equal(SkipReason.JobDone, Assert.Single(new World().Both("Job", "a", entry: e => e with { JobDone = true }, seen: _ => ObservedObject.Absent).Plan().Skip).Reason);
        // A changed Job is another one.
        Assert.Equal(ApplyReason.Changed, Assert.Single(new World().Wants("Job", "a", value: "2").Owns("Job", "a", entry: e => e with { JobDone = true }, seen: _ => ObservedObject.Absent).Plan().Apply).Reason);
    }

    [Fact]
    public void Object_ReplacedBySomebody_IsDriftAndNotForeign() =>
        Assert.Equal(ApplyReason.Replaced, Assert.Single(new World().Both("ConfigMap", "a", seen: o => o with { Uid = "other" }).Plan().Apply).Reason);

    [Fact]
    public void Object_Suspected_IsVerifiedBeforeItIsCorrected()
    {
        var plan = new World().Both("ConfigMap", "a", seen: o => o with { ValuesHash = "w" }).Plan();
        Assert.True(Assert.Single(plan.Verify).IsSuspected);
        Assert.Empty(plan.Apply);
    }

    [Theory]
    [InlineData("7", true, ApplyReason.Drifted, null)]
    [InlineData("7", false, null, SkipReason.Unchanged)]
    [InlineData("6", true, null, null)]
    public void Object_Judged_CountsOnlyForItsOwnVersion(string version, bool drifted, ApplyReason? applied, SkipReason? skipped)
    {
        var plan = new World().Both("ConfigMap", "a", seen: o => o with { ValuesHash = "w", Judged = new(version, drifted ? Drifted : DriftVerdict.Equal) }).Plan();
        Assert.Equal(applied, plan.Apply.SingleOrDefault()?.Reason);
        Assert.Equal(skipped, plan.Skip.SingleOrDefault()?.Reason);
        if (applied is null && skipped is null) Assert.Single(plan.Verify);
    }

    [Fact]
    public void Object_DriftedWithReportOnly_IsLeft() =>
        Assert.Equal(SkipReason.DriftReported, Assert.Single(new World { Change = r => r with { Drift = DriftMode.Report } }
            .Both("ConfigMap", "a", seen: o => o with { ValuesHash = "w", Judged = new("7", Drifted) }).Plan().Skip).Reason);

    [Fact]
    public void Object_FoughtOver_IsCorrectedEverMoreSlowlyAndTheOtherIsNamed()
    {
        var world = new World
        {
            Change = r => r with { Corrections = new Dictionary<Core.Objects.ObjectKey, CorrectionHistory> { [World.Key("ConfigMap", "a")] = new(4, Kube.Now - TimeSpan.FromSeconds(5)) } },
        }.Both("ConfigMap", "a", seen: o => o with { ValuesHash = "w", Judged = new("7", Drifted) });
        var wait = Assert.Single(world.Plan().Wait);
        Assert.Equal(Kube.Now + TimeSpan.FromSeconds(3), wait.Until);
        Assert.Contains("kubectl-edit keeps changing", wait.Message);
    }

    [Fact]
    public void Object_Terminating_IsWaitedForWithItsFinalizer()
    {
        var plan = new World().Both("ConfigMap", "a", seen: o => o with { TerminatingSince = Kube.Now - TimeSpan.FromMinutes(2), Finalizers = ["example.com/hold"] }).Plan();
        Assert.Contains("since 120 s, held by the finalizer example.com/hold", Assert.Single(plan.Wait).Message);
        Assert.Empty(plan.Apply);
    }

    [Fact]
    public void Object_FailedBefore_WaitsUntilItsTimeOrItsChange()
    {
        var hash = World.Desire("ConfigMap", "a").Hash;
        World Failed(string h, int seconds) => new World { Change = r => r with { Failed = new Dictionary<Core.Objects.ObjectKey, FailedTry> { [World.Key("ConfigMap", "a")] = new(h, Kube.Now.AddSeconds(seconds), "Invalid", "bad") } } }.Wants("ConfigMap", "a");
        Assert.Equal("Invalid", Assert.Single(Failed(hash, 10).Plan().Wait).Reason);
        Assert.Single(Failed(hash, -1).Plan().Apply);
        Assert.Single(Failed("another", 10).Plan().Apply);
    }

    [Fact]
    public void FullCheck_Unsuspected_IsVerifiedWithoutAWrite()
    {
        var plan = new World { Change = r => r with { IsFullCheck = true } }.Both("ConfigMap", "a").Plan();
        Assert.False(Assert.Single(plan.Verify).IsSuspected);
        Assert.Empty(plan.Apply);
    }

    [Fact]
    public void Suspended_AnyChange_IsLeft()
    {
        var plan = new World { Change = r => r with { IsSuspended = true } }.Wants("ConfigMap", "new").Owns("ConfigMap", "old").Plan();
        Assert.False(plan.HasWork);
        Assert.Empty(plan.Keep);
    }

    [Theory]
    [InlineData(1, 0, true, false, "a", true)]     // the higher priority wins, whoever owns it
    [InlineData(0, 1, false, true, "z", false)]
    [InlineData(0, 0, true, false, "z", false)]    // equal ones: the owner keeps it
    [InlineData(0, 0, false, true, "a", true)]
    [InlineData(0, 0, false, false, "a", false)]   // nobody owns it: the lower uid, on both sides
    [InlineData(0, 0, false, false, "z", true)]
    public void Conflict_TwoAssignments_OneRuleForBoth(int ours, int theirs, bool theyOwn, bool weOwn, string theirUid, bool weApply)
    {
        var world = new World { Change = r => r with { Priority = ours, Claims = new Dictionary<Core.Objects.ObjectKey, Claim> { [World.Key("ConfigMap", "a")] = new(theirUid, "theirs", theirs, theyOwn) } } };
        if (weOwn) world.Both("ConfigMap", "a");
        else world.Wants("ConfigMap", "a");
        var plan = world.Plan();
        Assert.Equal(weApply, plan.Conflicts.Count == 0);
        if (!weApply)
        {
            Assert.Equal(("theirs", "mine"), (plan.Conflicts[0].Owner, plan.Conflicts[0].OtherOwner));
            Assert.Empty(plan.Apply);
            Assert.DoesNotContain(plan.Prune, p => p.Action == PruneAction.Delete);
        }
    }

    [Fact]
    public void Conflict_NamespaceOfTwo_OneManifestCounts()
    {
        var key = World.Key("Namespace", "n", "");
        var world = new World().Wants("Namespace", "n", "");
        ReconcilePlan With(Claim claim)
        {
            world.Change = r => r with { Claims = new Dictionary<Core.Objects.ObjectKey, Claim> { [key] = claim } };
            return world.Plan();
        }

        // One that does not have it yet keeps nobody waiting, whatever its priority.
        Assert.Single(With(new("a", "theirs", 9, false)).Apply);
        var plan = With(new("a", "theirs", 0, true, "another"));
        Assert.Empty(plan.Apply);
        Assert.Empty(plan.Conflicts);
        Assert.Equal(SkipReason.Shared, Assert.Single(plan.Skip).Reason);
        Assert.Contains("theirs", Assert.Single(plan.Notes), StringComparison.Ordinal);
        Assert.Empty(With(new("a", "theirs", 0, true, World.Desire("Namespace", "n", "").Hash)).Notes);
        Assert.Single(With(new("a", "theirs", -1, true)).Apply);
    }

    [Fact]
    public void Admission_Backends_AreFoundBehindTheirServices()
    {
        var webhook = Kube.Of("""{"webhooks":[{"clientConfig":{"service":{"namespace":"ns","name":"svc"}}},{"clientConfig":{"url":"https://x"}}]}""");
        var service = new DesiredObject(Kube.Of("""{"apiVersion":"v1","kind":"Service","metadata":{"name":"svc","namespace":"ns"},"spec":{"selector":{"app":"w"}}}"""), "", "");
        var backend = new DesiredObject(Kube.Of("""{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"w","namespace":"ns"},"spec":{"template":{"metadata":{"labels":{"app":"w","x":"y"}}}}}"""), "", "");
        var other = new DesiredObject(Kube.Of("""{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"o","namespace":"ns"},"spec":{"template":{"metadata":{"labels":{"app":"o"}}}}}"""), "", "");
        Assert.Equal(["w"], AdmissionBackends.Workloads(webhook, [service, backend, other]).Select(k => k.Name));
    }
}
