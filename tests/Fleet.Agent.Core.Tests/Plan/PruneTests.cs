using Fleet.Agent.Core.Plan;

namespace Fleet.Agent.Core.Tests.Plan;

public sealed class PruneTests
{
    [Fact]
    public void Prune_RemovedFromGit_IsDeletedInReverseOrder()
    {
        var plan = new World().Both("ConfigMap", "stays").Owns("ConfigMap", "c").Owns("Deployment", "d").Owns("ValidatingWebhookConfiguration", "w").Plan();
        Assert.Equal(["w", "d", "c"], plan.Prune.Select(p => p.Key.Name));
        Assert.All(plan.Prune, p => Assert.Equal(PruneAction.Delete, p.Action));
    }

    [Theory]
    [InlineData("Namespace", "")]
    [InlineData("CustomResourceDefinition", "")]
    [InlineData("PersistentVolumeClaim", "ns")]
    public void Prune_ProtectedKind_IsHeldUntilConfirmed(string kind, string ns)
    {
        var world = new World().Both("ConfigMap", "stays").Owns(kind, "x", ns);
        var kept = Assert.Single(world.Plan().Keep);
        Assert.True(kept.IsHeld);
        Assert.Equal(KeepReason.ProtectedKind, kept.Reason);
        world.Change = r => r with { Consent = new(ProtectedKinds: true) };
        Assert.Equal(PruneAction.Delete, Assert.Single(world.Plan().Prune).Action);
        // Consent to many is no consent to these.
        world.Change = r => r with { Consent = new(Mass: true, EmptyRender: true) };
        Assert.Empty(world.Plan().Prune);
    }

    [Fact]
    public void Prune_AnnotatedNever_IsKeptWhetherItWasAppliedOrSetByHand()
    {
        Assert.Equal(KeepReason.Annotated, Assert.Single(new World().Both("ConfigMap", "s").Owns("ConfigMap", "x", entry: e => e with { PruneNever = true }).Plan().Keep).Reason);
        Assert.Equal(KeepReason.Annotated, Assert.Single(new World().Both("ConfigMap", "s").Owns("ConfigMap", "x", seen: o => o with { PruneNever = true }).Plan().Keep).Reason);
    }

    [Theory]
    [InlineData(1, 3, true)]
    [InlineData(1, 4, false)]
    [InlineData(16, 4, true)]   // 20 % of 20
    [InlineData(15, 5, false)]
    [InlineData(400, 100, true)]
    [InlineData(399, 101, false)]
    public void Prune_MoreThanMax3Or20Percent_IsHeld(int stay, int leave, bool deleted)
    {
        var world = new World();
        for (var i = 0; i < stay; i++) world.Both("ConfigMap", $"s{i}");
        for (var i = 0; i < leave; i++) world.Owns("ConfigMap", $"l{i}");
        var plan = world.Plan();
        Assert.Equal(deleted ? leave : 0, plan.Prune.Count);
        Assert.Equal(deleted ? 0 : leave, plan.Keep.Count(k => k is { Reason: KeepReason.MassPrune, IsHeld: true }));
        world.Change = r => r with { Consent = new(Mass: true) };
        Assert.Equal(leave, world.Plan().Prune.Count);
    }

    [Fact]
    public void Prune_EmptyRender_IsHeldEvenForOne()
    {
        var world = new World().Owns("ConfigMap", "x");
        Assert.Equal(KeepReason.EmptyRender, Assert.Single(world.Plan().Keep).Reason);
        world.Change = r => r with { Consent = new(Mass: true) };
        Assert.Empty(world.Plan().Prune);
        world.Change = r => r with { Consent = new(EmptyRender: true) };
        Assert.Single(world.Plan().Prune);
    }

    [Fact]
    public void Prune_RenderFailed_NothingIsKnownToBeUnwanted()
    {
        var plan = new World { Change = r => r with { IsRenderComplete = false } }.Owns("ConfigMap", "x").Plan();
        Assert.Empty(plan.Prune);
        Assert.Empty(plan.Keep);
    }

    [Fact]
    public void Prune_DuplicateInGit_IsWanted()
    {
        var world = new World().Both("ConfigMap", "s").Owns("ConfigMap", "x");
        world.Change = r => r with { Desired = r.Desired with { Problems = [new(World.Key("ConfigMap", "x"), "a:1", "Duplicate", "twice")] } };
        Assert.Empty(world.Plan().Prune);
    }

    [Fact]
    public void Prune_Disabled_IsListedAndNotHeld()
    {
        var kept = Assert.Single(new World { Change = r => r with { IsPruneEnabled = false } }.Both("ConfigMap", "s").Owns("ConfigMap", "x").Plan().Keep);
        Assert.Equal((KeepReason.PruneDisabled, false), (kept.Reason, kept.IsHeld));
    }

    [Theory]
    [InlineData(true, PruneAction.HandOver)]
    [InlineData(false, null)]
    public void Prune_MovedToAnotherAssignment_IsHandedOverOnceThatHasIt(bool owns, PruneAction? action)
    {
        var world = new World { Change = r => r with { Claims = new Dictionary<Core.Objects.ObjectKey, Claim> { [World.Key("ConfigMap", "x")] = new("other", "theirs", 0, owns) } } }.Both("ConfigMap", "s").Owns("ConfigMap", "x");
        var plan = world.Plan();
        Assert.Equal(action, plan.Prune.SingleOrDefault()?.Action);
        if (action is null) Assert.Equal((KeepReason.HandingOver, false), (Assert.Single(plan.Keep).Reason, plan.Keep[0].IsHeld));
        // The same when the Assignment is removed altogether.
        world.Change = r => r with { Removal = new(Delete: true), Desired = new([], [], []), Claims = new Dictionary<Core.Objects.ObjectKey, Claim> { [World.Key("ConfigMap", "x")] = new("other", "theirs", 0, owns) } };
        Assert.DoesNotContain(world.Plan().Prune, p => p.Key.Name == "x" && p.Action == PruneAction.Delete);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Prune_AnotherAssignmentIsNotRendered_NothingLeaves(bool removal)
    {
        var world = new World { Change = r => r with { Unread = ["theirs"], Removal = removal ? new(Delete: true) : null } }.Owns("ConfigMap", "x").Owns("ConfigMap", "gone", seen: _ => ObservedObject.Absent);
        if (!removal) world.Both("ConfigMap", "s");
        var plan = world.Plan();
        Assert.Equal(PruneAction.Forget, Assert.Single(plan.Prune).Action);
        Assert.Contains(plan.Keep, k => k.Key.Name == "x" && k.Reason == KeepReason.OthersUnknown && k.Message.Contains("theirs", StringComparison.Ordinal));
    }

    [Fact]
    public void Prune_AdoptedWhereNothingWasRenderedOrPruningIsOff_IsNotEvenReleased()
    {
        var world = new World().Owns("ConfigMap", "x", entry: e => e with { Adopted = true });
        Assert.Empty(world.Plan().Prune);
        Assert.Equal(KeepReason.EmptyRender, Assert.Single(world.Plan().Keep).Reason);
        world.Both("ConfigMap", "s").Change = r => r with { IsPruneEnabled = false };
        Assert.Empty(world.Plan().Prune);
        Assert.Equal(KeepReason.PruneDisabled, Assert.Single(world.Plan().Keep).Reason);
    }

    [Fact]
    public void Prune_Adopted_IsReleasedUnlessAdoptAlways()
    {
        var world = new World().Both("ConfigMap", "s").Owns("ConfigMap", "x", entry: e => e with { Adopted = true });
        Assert.Equal(PruneAction.Release, Assert.Single(world.Plan().Prune).Action);
        world.Change = r => r with { IsAdoptedDeletable = true };
        Assert.Equal(PruneAction.Delete, Assert.Single(world.Plan().Prune).Action);
    }

    [Fact]
    public void Prune_GoneAlready_IsForgotten() =>
        Assert.Equal(PruneAction.Forget, Assert.Single(new World().Both("ConfigMap", "s").Owns("ConfigMap", "x", seen: _ => ObservedObject.Absent).Plan().Prune).Action);

    [Fact]
    public void Gate_SomethingNotApplied_NothingIsDeleted()
    {
        var plan = new World().Wants("ConfigMap", "new").Both("ConfigMap", "s").Owns("ConfigMap", "x").Plan();
        var (prune, keep) = PruneGate.After(plan, [World.Key("ConfigMap", "new")]);
        Assert.Empty(prune);
        Assert.Equal(KeepReason.NotAllApplied, Assert.Single(keep).Reason);
        Assert.Single(PruneGate.After(plan, []).Prune);
    }

    [Fact]
    public void Removal_Delete_LeavesOnlyWhatIsNeverPruned()
    {
        var world = new World { Change = r => r with { Removal = new(Delete: true) } };
        for (var i = 0; i < 30; i++) world.Owns("ConfigMap", $"c{i}");
        world.Owns("Namespace", "n", "").Owns("PersistentVolumeClaim", "p").Owns("ConfigMap", "never", entry: e => e with { PruneNever = true });
        var plan = world.Plan();
        Assert.Equal(30, plan.Prune.Count(p => p.Action == PruneAction.Delete));
        Assert.Equal(["never", "n", "p"], plan.Prune.Where(p => p.Action == PruneAction.Release).Select(p => p.Key.Name).OrderBy(n => n.Length).ThenBy(n => n).Reverse().OrderByDescending(n => n.Length).ThenBy(n => n));
        Assert.Empty(plan.Keep);
    }

    [Fact]
    public void Removal_Keep_ReleasesAll()
    {
        var plan = new World { Change = r => r with { Removal = new(Delete: false) } }.Owns("ConfigMap", "c").Owns("Deployment", "d").Plan();
        Assert.All(plan.Prune, p => Assert.Equal(PruneAction.Release, p.Action));
        Assert.Equal(2, plan.Prune.Count);
    }
}
