using Fleet.Hub.Core.Sessions;
using Fleet.V1;

namespace Fleet.Hub.Core.Tests.Sessions;

public class DesiredPartsTests
{
    private static readonly ChainPoint Head = new(7, [7]);

    [Fact]
    public void Index_TenThousandTargets_ComesInPartsThatFitAndAddUp()
    {
        var targets = Enumerable.Range(0, 10_000).Select(n => new Target
        {
            AssignmentUid = $"{n:D36}",
            AssignmentName = $"app-{n}",
            Revision = new string('a', 40),
            SpecDigest = new string('b', 64),
            ClosureDigest = new string('c', 64),
        }).ToArray();
        var tombstones = Enumerable.Range(0, 5_000).Select(n => new Tombstone { AssignmentUid = $"t{n:D36}" }).ToArray();

        var parts = DesiredParts.Index(Head, targets, tombstones);

        Assert.All(parts, part => Assert.True(part.CalculateSize() <= 1024 * 1024));
        Assert.Equal([.. Enumerable.Repeat(true, parts.Count - 1), false], parts.Select(part => part.DesiredIndex.More));
        Assert.Equal(targets, parts.SelectMany(part => part.DesiredIndex.Targets));
        Assert.Equal(tombstones, parts.SelectMany(part => part.DesiredIndex.Tombstones));
        Assert.All(parts, part => Assert.Equal(7ul, part.DesiredIndex.Generation));
    }

    [Fact]
    public void Index_Nothing_IsOneEmptyPart()
    {
        var part = Assert.Single(DesiredParts.Index(Head, [], []));
        Assert.False(part.DesiredIndex.More);
    }

    [Fact]
    public void Delta_Parts_AllNameTheBase()
    {
        var parts = DesiredParts.Delta(new ChainPoint(5, [5]), Head, [new Target { AssignmentUid = "a" }, new Target { AssignmentUid = "b" }], [], maxBytes: 4);
        Assert.Equal(2, parts.Count);
        Assert.All(parts, part => Assert.Equal((5ul, 7ul), (part.DesiredDelta.BaseGeneration, part.DesiredDelta.Generation)));
    }

    [Fact]
    public void Specs_ManyLarge_AreSplit() =>
        Assert.Equal(3, DesiredParts.Specs(Enumerable.Range(0, 5).Select(n => ($"{n}", new byte[400_000]))).Count);
}
