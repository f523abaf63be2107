using Fleet.Hub.Core.Sources;

namespace Fleet.Hub.Core.Tests.Sources;

public class RefResolverTests
{
    private static readonly string A = new('a', 40), B = new('b', 40), C = new('c', 40);

    private static readonly Dictionary<string, string> Remote = new()
    {
        ["HEAD"] = A,
        ["refs/heads/main"] = A,
        ["refs/heads/release"] = B,
        ["refs/tags/v1"] = C,
        ["refs/tags/v2"] = C,
        ["refs/tags/v2^{}"] = B,
        ["refs/tags/main"] = C,
    };

    public static TheoryData<string, string?, bool> Refs => new()
    {
        { "", A, false },
        { "HEAD", A, false },
        { "main", A, false }, // the branch, not the tag
        { "refs/tags/main", C, false },
        { "release", B, false },
        { "v1", C, false },
        { "v2", B, false }, // an annotated tag means its commit
        { "refs/heads/v1", null, false },
        { "gone", null, false },
        { new string('D', 40), new string('d', 40), true },
        { new string('d', 39), null, false },
    };

    [Theory]
    [MemberData(nameof(Refs))]
    public void Resolve_Ref_IsTheCommitItMeans(string wanted, string? commit, bool pinned)
    {
        var found = RefResolver.Resolve(wanted, Remote);

        Assert.Equal(commit, found.Commit);
        Assert.Equal(pinned, found.IsPinned);
        Assert.Equal(commit is null, found.Problem is not null);
    }

    [Fact]
    public void Resolve_BranchMissing_NamesTheNearestBranches()
    {
        var problem = RefResolver.Resolve("relase", Remote).Problem!;
        Assert.Contains("release, main", problem);
        Assert.Contains("spec.ref", problem);
    }

    [Fact]
    public void Resolve_EmptyRepository_SaysSo() =>
        Assert.Contains("no commits", RefResolver.Resolve("", new Dictionary<string, string>()).Problem);
}
