using Fleet.Hub.Core.Assignments;

namespace Fleet.Hub.Core.Tests.Assignments;

public class RevisionChoiceTests
{
    private static ScopedRevision At(string commit, string tree, string source = "s", string root = "apps/web") =>
        new(source, commit, new Dictionary<string, string> { [root] = tree });

    [Fact]
    public void Decide_OtherAppsChanged_KeepsTheRevision() =>
        Assert.Equal(new RevisionDecision("c1", false), RevisionChoice.Decide(At("c1", "t1"), At("c2", "t1")));

    [Fact]
    public void Decide_PathChanged_IsNew() =>
        Assert.Equal(new RevisionDecision("c2", true), RevisionChoice.Decide(At("c1", "t1"), At("c2", "t2")));

    [Fact]
    public void Decide_First_IsNew() => Assert.Equal(new RevisionDecision("c1", true), RevisionChoice.Decide(null, At("c1", "t1")));

    [Fact]
    public void Decide_SameCommit_IsNotNew() =>
        Assert.Equal(new RevisionDecision("c1", false), RevisionChoice.Decide(At("c1", "t1"), At("c1", "t1")));

    [Fact]
    public void Decide_OtherRoots_IsNewThoughTheTreeIsTheSame() =>
        Assert.True(RevisionChoice.Decide(At("c1", "t1"), At("c2", "t1", root: "apps/copy")).IsNew);

    [Fact]
    public void Decide_OtherSource_IsNewThoughTheTreeIsTheSame() =>
        Assert.True(RevisionChoice.Decide(At("c1", "t1"), At("c2", "t1", source: "other")).IsNew);
}
