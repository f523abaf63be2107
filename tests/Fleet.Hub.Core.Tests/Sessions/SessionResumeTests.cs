using Fleet.Hub.Core.Sessions;

namespace Fleet.Hub.Core.Tests.Sessions;

public class SessionResumeTests
{
    private static readonly byte[] Ours = [1], Theirs = [2];

    // The hub is at 300 and knows 45 to 300; chain(g) is [g / 256, g % 256].
    private static readonly HubPosition Hub = new(Ours, At(300), [.. Enumerable.Range(45, 256).Select(At)]);

    private static ChainPoint At(int generation) => new((ulong)generation, [(byte)(generation / 256), (byte)(generation % 256)]);

    private static AgentPosition Agent(byte[] lineage, int generation, byte[]? chain = null) =>
        new(lineage, (ulong)generation, chain ?? At(generation).Chain);

    public static TheoryData<string, AgentPosition, ResumeKind, int> Table => new()
    {
        { "new agent", Agent([], 0), ResumeKind.Index, 0 },
        { "knows the lineage, accepted nothing", Agent(Ours, 0), ResumeKind.Index, 0 },
        { "has all", Agent(Ours, 300), ResumeKind.UpToDate, 0 },
        { "one behind", Agent(Ours, 299), ResumeKind.Delta, 299 },
        { "last of the ring", Agent(Ours, 45), ResumeKind.Delta, 45 },
        { "older than the ring", Agent(Ours, 44), ResumeKind.Index, 0 },
        { "ahead: the hub was restored", Agent(Ours, 301), ResumeKind.Fork, 0 },
        { "same generation, other changes", Agent(Ours, 300, [9]), ResumeKind.Fork, 0 },
        { "known generation, other changes", Agent(Ours, 299, [9]), ResumeKind.Fork, 0 },
        { "moved house with its history", Agent(Theirs, 299), ResumeKind.Delta, 299 },
        { "moved house, agent has all", Agent(Theirs, 300), ResumeKind.UpToDate, 0 },
        { "other lineage, chain not found", Agent(Theirs, 299, [9]), ResumeKind.Fork, 0 },
        { "other lineage, older than the ring", Agent(Theirs, 3), ResumeKind.Fork, 0 },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void Decide_Hello_ResumesOnlyFromWhatBothKnow(string because, AgentPosition agent, ResumeKind expected, int from)
    {
        var decision = SessionResume.Decide(agent, Hub);

        Assert.True(expected == decision.Kind, because);
        Assert.Equal((ulong)from, decision.Base);
        Assert.Equal(expected == ResumeKind.Fork, decision.Why.Length > 0);
    }

    [Fact]
    public void Decide_EmptiedHub_IsAForkAndNoOrderToRemove()
    {
        var emptied = new HubPosition(Theirs, new ChainPoint(0, []), []);
        Assert.Equal(ResumeKind.Fork, SessionResume.Decide(Agent(Ours, 12), emptied).Kind);
    }

    [Fact]
    public void Decide_AgentWentBackBehindItsAck_GetsTheIndex()
    {
        Assert.Equal(ResumeKind.Index, SessionResume.Decide(Agent(Ours, 298), Hub with { Acknowledged = 299 }).Kind);
        Assert.Equal(ResumeKind.Delta, SessionResume.Decide(Agent(Ours, 299), Hub with { Acknowledged = 299 }).Kind);
    }

    [Fact]
    public void Decide_NothingOnBothSides_IsUpToDate()
    {
        var fresh = new HubPosition(Ours, new ChainPoint(0, []), []);
        Assert.Equal(ResumeKind.UpToDate, SessionResume.Decide(Agent(Ours, 0), fresh).Kind);
        // An agent that knows no lineage yet learns it from an index, be it empty.
        Assert.Equal(ResumeKind.Index, SessionResume.Decide(Agent([], 0), fresh).Kind);
    }
}
