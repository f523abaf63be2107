using Fleet.Hub.Core.Assignments;
using Fleet.V1;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Hub.Core.Tests.Assignments;

public class SuspensionTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private static Suspension Until(int? minutes, string reason = "") => new(minutes is { } m ? Now.AddMinutes(m) : null, reason);

    [Theory]
    [InlineData(false, 60, false)]
    [InlineData(true, null, true)]
    [InlineData(true, 60, true)]
    [InlineData(true, 0, false)]
    [InlineData(true, -60, false)]
    public void Of_ByItsEnd(bool suspend, int? minutes, bool expected)
    {
        var spec = new AssignmentSpec { Suspend = suspend, SuspendUntil = minutes is { } m ? Timestamp.FromDateTimeOffset(Now.AddMinutes(m)) : null };
        Assert.Equal(expected, Suspension.Of(spec, Now) is not null);
    }

    [Theory]
    [InlineData(10, 20, 20)]
    [InlineData(20, 10, 20)]
    [InlineData(null, 10, null)]
    [InlineData(10, null, null)]
    public void Of_Both_TheLaterEndCounts(int? one, int? other, int? expected)
    {
        var both = Suspension.Of(Until(one, "a"), Until(other, "b"));
        Assert.Equal(Until(expected, "a; b"), both);
        Assert.Equal(Until(one), Suspension.Of(Until(one), null));
        Assert.Equal(Until(one), Suspension.Of(null, Until(one)));
    }

    [Fact]
    public void Keep_ATimedOne_OutlivesAnApplyThatSaysNothing()
    {
        var stored = new AssignmentSpec { Suspend = true, SuspendUntil = Timestamp.FromDateTimeOffset(Now.AddHours(1)), SuspendReason = "fire" };
        var applied = new AssignmentSpec();
        TimedSuspensions.Keep(stored, applied, Now);
        Assert.Equal(stored, applied);

        // One that is declared in files is the files' own; and one that is over is over.
        var open = new AssignmentSpec();
        TimedSuspensions.Keep(new AssignmentSpec { Suspend = true }, open, Now);
        Assert.False(open.Suspend);
        TimedSuspensions.Keep(stored, open, Now.AddHours(2));
        Assert.False(open.Suspend);
    }
}
