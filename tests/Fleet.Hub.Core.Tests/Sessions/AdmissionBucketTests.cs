using Fleet.Hub.Core.Sessions;

namespace Fleet.Hub.Core.Tests.Sessions;

public class AdmissionBucketTests
{
    [Fact]
    public void TryAdmit_Herd_LetsInABurstAndThenTheRate()
    {
        var bucket = new AdmissionBucket(rate: 2, burst: 3);
        var now = TimeSpan.FromSeconds(10);

        Assert.All(Enumerable.Range(0, 3), _ => Assert.True(bucket.TryAdmit(now, out var none) && none == TimeSpan.Zero));
        Assert.False(bucket.TryAdmit(now, out var retryAfter));
        Assert.Equal(TimeSpan.FromSeconds(0.5), retryAfter);
        Assert.True(bucket.TryAdmit(now + retryAfter, out _));
        Assert.False(bucket.TryAdmit(now + retryAfter, out _));
    }
}
