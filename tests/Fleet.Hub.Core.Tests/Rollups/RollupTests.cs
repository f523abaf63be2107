using Fleet.Hub.Core.Rollups;
using Fleet.V1;

namespace Fleet.Hub.Core.Tests.Rollups;

public class RollupTests
{
    [Theory]
    [InlineData(true, true, ReportPhase.Ready, RollupBucket.Ready)]
    [InlineData(false, true, ReportPhase.Ready, RollupBucket.Offline)] // an offline cluster is never ready
    [InlineData(true, false, ReportPhase.Ready, RollupBucket.Progressing)] // a late Ready of another revision
    [InlineData(true, false, ReportPhase.Failed, RollupBucket.Progressing)]
    [InlineData(true, true, ReportPhase.Drifted, RollupBucket.Drifted)]
    [InlineData(true, true, ReportPhase.Stalled, RollupBucket.Failed)]
    [InlineData(true, true, ReportPhase.Suspended, RollupBucket.Waiting)]
    [InlineData(true, true, ReportPhase.Unknown, RollupBucket.Progressing)]
    [InlineData(true, true, (ReportPhase)999, RollupBucket.Progressing)] // a newer agent's
    [InlineData(true, true, null, RollupBucket.Progressing)]
    public void Of_Report_CountsOnce(bool heard, bool current, ReportPhase? phase, RollupBucket expected) =>
        Assert.Equal(expected, Rollup.Of(heard, current, phase));

    [Fact]
    public void Add_EachBucket_AddsUpToClusters()
    {
        var counts = new RollupCounts();
        foreach (var bucket in Enum.GetValues<RollupBucket>())
        {
            Rollup.Add(counts, bucket);
        }

        Rollup.Add(counts, RollupBucket.Ready, -1);
        Assert.Equal(5, counts.Clusters);
        Assert.Equal(counts.Clusters, counts.Ready + counts.Progressing + counts.Failed + counts.Drifted + counts.Offline + counts.Waiting);
    }
}
