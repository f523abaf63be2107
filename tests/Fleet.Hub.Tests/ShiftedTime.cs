namespace Fleet.Hub.Tests;

/// <summary>The system's clock, set forward on demand; timers run on real time.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    public TimeSpan Shift { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
}
