using Fleet.Agent.Session;
using Fleet.V1;
using Google.Protobuf;

namespace Fleet.Agent.Tests.Session;

/// <summary>What a hub's word leads to. Every peer that deleted by mistake took an absence for an order.</summary>
public sealed class DesiredDecisionTests
{
    private static readonly byte[] Ours = [1, 2, 3];

    [Fact]
    public void Index_First_IsAccepted()
    {
        var decision = DesiredDecision.OfIndex(DesiredState.Empty, Ours, Index(5, 5, "a"));
        Assert.Equal(5UL, decision.Next!.Generation);
        Assert.Equal(Ours, decision.Next.Lineage);
        Assert.False(decision.Next.Targets["a"].IsOrphaned);
    }

    [Theory]
    [InlineData(new byte[] { 9 }, 9UL, 9, "lineage")]
    [InlineData(new byte[] { 1, 2, 3 }, 4UL, 4, "behind")]
    [InlineData(new byte[] { 1, 2, 3 }, 5UL, 99, "history")]
    public void Index_ForkOfAnyKind_IsRejectedAndNothingChanges(byte[] lineage, ulong generation, int chain, string word)
    {
        var decision = DesiredDecision.OfIndex(Held("a"), lineage, Index(generation, chain, "b"));
        Assert.Null(decision.Next);
        Assert.Contains("Fork", decision.Rejection, StringComparison.Ordinal);
        Assert.Contains(word, decision.Rejection, StringComparison.Ordinal);
    }

    [Fact]
    public void Index_EmptiedHubOfSameLineage_OrphansAndKeeps()
    {
        var decision = DesiredDecision.OfIndex(Held("a", "b"), Ours, Index(6, 6, "a"));
        Assert.False(decision.Next!.Targets["a"].IsOrphaned);
        Assert.True(decision.Next.Targets["b"].IsOrphaned);
        Assert.Empty(decision.Next.Tombstones);
    }

    [Fact]
    public void Index_OrphanNamedAgain_IsOrphanedNoMore()
    {
        var orphaned = DesiredDecision.OfIndex(Held("a", "b"), Ours, Index(6, 6, "a")).Next!;
        Assert.False(DesiredDecision.OfIndex(orphaned, Ours, Index(7, 7, "a", "b")).Next!.Targets["b"].IsOrphaned);
    }

    [Fact]
    public void Index_Tombstone_Removes()
    {
        var index = Index(6, 6);
        index.Tombstones.Add(new Tombstone { AssignmentUid = "a" });
        var next = DesiredDecision.OfIndex(Held("a"), Ours, index).Next!;
        Assert.Empty(next.Targets);
        Assert.True(next.Tombstones.ContainsKey("a"));
    }

    [Fact]
    public void Index_RemovalUnderWayNotListed_GoesOn()
    {
        var index = Index(6, 6);
        index.Tombstones.Add(new Tombstone { AssignmentUid = "a" });
        var removing = DesiredDecision.OfIndex(Held("a"), Ours, index).Next!;
        Assert.True(DesiredDecision.OfIndex(removing, Ours, Index(7, 7)).Next!.Tombstones.ContainsKey("a"));
    }

    [Theory]
    [InlineData(4UL, 5)]
    [InlineData(5UL, 99)]
    public void Delta_OtherBase_AsksForTheIndex(ulong generation, int chain) =>
        Assert.Equal(DesiredDecision.AskForIndex, DesiredDecision.OfDelta(Held("a"), Ours, Delta(generation, chain)));

    [Fact]
    public void Delta_OnOurBaseWithChangedLineage_IsAccepted()
    {
        // A promoted standby: the chain proves that it is the same history.
        var decision = DesiredDecision.OfDelta(Held("a"), [7], Delta(5, 5));
        Assert.Equal([7], decision.Next!.Lineage);
        Assert.True(decision.Next.Targets.ContainsKey("a"));
    }

    [Fact]
    public void Release_AfterFork_TakesTheHubsHistoryAndRemovesNothing()
    {
        var released = DesiredDecision.Released(Held("a"), new() { Lineage = ByteString.CopyFrom(7), Generation = 2, Chain = ByteString.CopyFrom(2) });
        var decision = DesiredDecision.OfIndex(released, [7], Index(2, 2, "b"));
        Assert.True(decision.Next!.Targets["a"].IsOrphaned);
        Assert.False(decision.Next.Targets["b"].IsOrphaned);
    }

    [Fact]
    public void Store_RoundTrip_KeepsEverything()
    {
        var state = DesiredDecision.OfIndex(Held("a", "b"), Ours, Index(6, 6, "a")).Next! with { Specs = Held("a").Specs.Add("d", [1, 2]) };
        state = state with { Tombstones = state.Tombstones.Add("t", new() { AssignmentUid = "t", Policy = RemovalPolicy.Delete }) };
        var read = DesiredStore.Parse(DesiredStore.Format(state));
        Assert.Equal(DesiredStore.Format(state), DesiredStore.Format(read));
        Assert.True(read.Targets["b"].IsOrphaned);
    }

    private static DesiredState Held(params string[] uids) => DesiredDecision.OfIndex(DesiredState.Empty, Ours, Index(5, 5, uids)).Next!;

    private static DesiredIndex Index(ulong generation, int chain, params string[] uids)
    {
        var index = new DesiredIndex { Generation = generation, Chain = ByteString.CopyFrom((byte)chain) };
        index.Targets.Add(uids.Select(u => new Target { AssignmentUid = u, SpecDigest = "d" }));
        return index;
    }

    private static DesiredDelta Delta(ulong baseGeneration, int baseChain) =>
        new() { BaseGeneration = baseGeneration, BaseChain = ByteString.CopyFrom((byte)baseChain), Generation = baseGeneration + 1, Chain = ByteString.CopyFrom(42) };
}
