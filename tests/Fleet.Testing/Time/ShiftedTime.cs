namespace Fleet.Testing.Time;

/// <summary>The system's clock, set wrong on demand; timers run on real time.</summary>
public sealed class ShiftedTime : TimeProvider
{
    public TimeSpan Shift { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
}
