using Fleet.Hub.Core.Rollouts;

namespace Fleet.Hub.Core.Tests.Rollouts;

public class RolloutTests
{
    private static readonly WantedTarget Old = new("r1", "s", "c1"), New = new("r2", "s", "c2");

    private static PresentTarget Row(string cluster, WantedTarget? target = null, bool ready = true, bool tombstone = false, bool canAcknowledge = true) =>
        new(cluster, target ?? Old, tombstone, ready, canAcknowledge);

    private static RolloutState State(string[] matched, PresentTarget[] present, WantedTarget? wanted = null, string max = "") => new()
    {
        AssignmentUid = "a",
        Matched = matched.ToHashSet(),
        Present = present,
        Wanted = matched.ToDictionary(id => id, _ => wanted ?? New),
        MaxConcurrent = max,
        FleetTargets = 1000,
        Removals = present.ToDictionary(row => row.ClusterId, _ => new ClusterRemovals(50, 0)),
    };

    [Fact]
    public void Decide_NewRevision_GoesToAllAtOnce()
    {
        var decision = Rollout.Decide(State(["c1", "c2", "c3"], [Row("c1"), Row("c2", ready: false)]));
        Assert.Equal(["c1", "c2", "c3"], decision.Upserts.Keys.Order());
        Assert.Empty(decision.Tombstones);
        Assert.Empty(decision.Waiting);
    }

    [Fact]
    public void Decide_AllHaveIt_DoesNothing()
    {
        var decision = Rollout.Decide(State(["c1"], [Row("c1", New)]));
        Assert.Empty(decision.Upserts);
    }

    [Theory]
    [InlineData("1", 1)]
    [InlineData("2", 2)]
    [InlineData("50%", 2)]
    [InlineData("1%", 1)]
    [InlineData("nonsense", 1)]
    [InlineData("", 4)]
    public void Decide_MaxConcurrent_BoundsWhatChangesAtOnce(string max, int expected)
    {
        var decision = Rollout.Decide(State(["c1", "c2", "c3", "c4"], [Row("c1"), Row("c2"), Row("c3"), Row("c4")], max: max));
        Assert.Equal(expected, decision.Upserts.Count);
        Assert.Equal(4 - expected, decision.Waiting.Count);
    }

    [Fact]
    public void Decide_ClusterNotReadyOnTheNewRevision_HoldsTheOthersBack()
    {
        var decision = Rollout.Decide(State(["c1", "c2"], [Row("c1", New, ready: false), Row("c2")], max: "1"));
        Assert.Empty(decision.Upserts);
        Assert.Equal(["c2"], decision.Waiting);
    }

    [Fact]
    public void Decide_BrokenClusters_GetTheMendingRevisionFirstAndAtNoCost()
    {
        var decision = Rollout.Decide(State(["c1", "c2", "c3"], [Row("c1"), Row("c2", ready: false), Row("c3", ready: false)], max: "1"));
        Assert.Equal(["c2", "c3"], decision.Upserts.Keys.Order());
        Assert.Equal(["c1"], decision.Waiting);
    }

    [Fact]
    public void Decide_NoRevisionKnown_ChangesNoTarget()
    {
        var decision = Rollout.Decide(State(["c1"], [Row("c1")]) with { Wanted = null });
        Assert.Empty(decision.Upserts);
        Assert.Empty(decision.Tombstones);
    }

    [Fact]
    public void Decide_ClusterLeftTheGroup_GetsATombstoneWithThePolicy()
    {
        var state = State(["c1"], [Row("c1", New), Row("c2")]);
        Assert.Equal([new TargetRemoval("c2", RemovalReason.LeftGroup, Removal.Keep)], Rollout.Decide(state).Tombstones);
        Assert.Equal(Removal.Delete, Assert.Single(Rollout.Decide(state with { OnRemove = Removal.Delete }).Tombstones).Policy);
    }

    [Fact]
    public void Decide_GroupUnreadable_RemovesNothing()
    {
        var decision = Rollout.Decide(State([], [Row("c1"), Row("c2")]) with { MayRemove = false });
        Assert.Empty(decision.Tombstones);
        Assert.Empty(decision.Holds);
    }

    [Fact]
    public void Decide_ClusterCameBack_TombstoneIsReplacedByATarget() =>
        Assert.Equal(New, Rollout.Decide(State(["c1"], [Row("c1", tombstone: true)])).Upserts["c1"]);

    [Fact]
    public void Decide_ManyLeaveAtOnce_IsHeld()
    {
        var rows = Enumerable.Range(0, 11).Select(n => Row($"c{n:D2}")).ToArray();
        var decision = Rollout.Decide(State([], rows));

        Assert.Empty(decision.Tombstones);
        var hold = Assert.Single(decision.Holds);
        Assert.Equal(HoldKind.MassRemoval, hold.Kind);
        Assert.Equal(11, hold.ClusterIds.Count);
    }

    [Theory]
    [InlineData(9, 100, false)] // below the floor
    [InlineData(10, 1000, false)] // exactly 1 %
    [InlineData(10, 999, true)]
    [InlineData(11, 1000, true)]
    public void IsMassRemoval_FloorAndShare_BothCount(int removed, int fleet, bool expected) =>
        Assert.Equal(expected, RemovalGuards.IsMassRemoval(removed, fleet));

    [Theory]
    [InlineData(10, 0, false)]
    [InlineData(10, 2, false)]
    [InlineData(10, 3, true)] // the fourth in 24 h
    [InlineData(100, 9, false)] // a tenth of 109 is 10.9
    [InlineData(100, 11, true)]
    [InlineData(1, 0, true)] // the last one
    public void IsTooManyFor_Cluster_CountsTheLastDay(int targets, int lately, bool expected) =>
        Assert.Equal(expected, RemovalGuards.IsTooManyFor(new ClusterRemovals(targets, lately)));

    [Fact]
    public void Decide_LastAssignmentOfACluster_IsHeldForThatClusterAlone()
    {
        var state = State([], [Row("c1"), Row("c2")]) with
        {
            Removals = new Dictionary<string, ClusterRemovals> { ["c1"] = new(1, 0), ["c2"] = new(5, 0) },
        };
        var decision = Rollout.Decide(state);
        Assert.Equal("c2", Assert.Single(decision.Tombstones).ClusterId);
        Assert.Equal(["c1"], Assert.Single(decision.Holds).ClusterIds);
    }

    [Fact]
    public void Decide_HoldSettled_RemovesAsTheOperatorSaid()
    {
        var rows = Enumerable.Range(0, 11).Select(n => Row($"c{n:D2}")).ToArray();
        var decision = Rollout.Decide(State([], rows) with
        {
            OnRemove = Removal.Delete,
            Settled = rows.ToDictionary(row => row.ClusterId, row => row.ClusterId == "c00" ? Removal.Keep : Removal.Delete),
        });
        Assert.Equal(11, decision.Tombstones.Count);
        Assert.Equal(Removal.Keep, decision.Tombstones.Single(removal => removal.ClusterId == "c00").Policy);
        Assert.Empty(decision.Holds);
    }

    [Fact]
    public void Decide_AssignmentDeleted_IsNotAskedForAgain()
    {
        var rows = Enumerable.Range(0, 50).Select(n => Row($"c{n:D2}")).ToArray();
        var decision = Rollout.Decide(State([], rows) with { Deletion = Removal.Delete });
        Assert.Equal(50, decision.Tombstones.Count);
        Assert.All(decision.Tombstones, removal => Assert.Equal(RemovalReason.AssignmentDeleted, removal.Reason));
        Assert.False(decision.Finished);
    }

    [Fact]
    public void Decide_AssignmentDeletedAndTombstonesGone_IsFinished() =>
        Assert.True(Rollout.Decide(State([], []) with { Deletion = Removal.Delete }).Finished);

    [Fact]
    public void Decide_TombstoneOfAGoneCluster_DoesNotBlockTheDeletion()
    {
        var decision = Rollout.Decide(State([], [Row("c1", tombstone: true, canAcknowledge: false)]) with { Deletion = Removal.Keep });
        Assert.Equal(["c1"], decision.Drop);
        Assert.True(decision.Finished);
    }

    [Fact]
    public void Decide_TombstoneNotAcknowledged_IsWaitedForHoweverLong() =>
        Assert.False(Rollout.Decide(State([], [Row("c1", tombstone: true)]) with { Deletion = Removal.Delete }).Finished);
}
