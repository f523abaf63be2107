using Fleet.V1;

namespace Fleet.Protos.Tests;

public class DigestTests
{
    [Fact]
    public void SpecDigest_LabelsInAnotherOrder_IsTheSame()
    {
        var one = new TargetSpec { Render = new RenderSpec { CommonLabels = { { "a", "1" }, { "b", "2" } } } };
        var other = new TargetSpec { Render = new RenderSpec { CommonLabels = { { "b", "2" }, { "a", "1" } } } };

        Assert.Equal(SpecDigests.Of(one), SpecDigests.Of(other));
        Assert.Equal(SpecDigests.Of(one), SpecDigests.Of(SpecDigests.Canonical(one)));
        Assert.NotEqual(SpecDigests.Of(one), SpecDigests.Of(new TargetSpec()));
    }

    [Fact]
    public void ClosureDigest_OrderAndRepeats_DoNotCount() =>
        Assert.Equal(ClosureDigests.Of(["aa", "bb"]), ClosureDigests.Of(["bb", "aa", "bb"]));

    [Fact]
    public void ReportDigest_OrderOfReports_DoesNotCount()
    {
        var one = new Report { AssignmentUid = "a", Message = "x" };
        var two = new Report { AssignmentUid = "b" };

        Assert.Equal(ReportDigests.Of([one, two]), ReportDigests.Of([two, one]));
        Assert.NotEqual(ReportDigests.Of([one]), ReportDigests.Of([one, two]));
        Assert.Equal(ReportDigests.Of([one, two]), ReportDigests.Fold([("b", ReportDigests.Of(two)), ("a", ReportDigests.Of(one))]));
    }
}
