namespace Fleet.Agent.Enrollment;

/// <summary>How old the certificate is. While the process runs the monotonic clock counts; only the part before its start comes from wall clocks.</summary>
internal sealed class CertificateAge
{
    private readonly TimeProvider _time;
    private readonly long _from;
    private readonly TimeSpan _before;

    public CertificateAge(AgentIdentity identity, TimeProvider time)
    {
        _time = time;
        _from = time.GetTimestamp();
        var before = time.GetUtcNow() - identity.ReceivedAt;
        // A clock that went back since says nothing; half its life then makes it due soon, without a recovery.
        _before = before < TimeSpan.Zero ? identity.Lifetime * 0.5 : before;
    }

    public TimeSpan Now => _before + _time.GetElapsedTime(_from);

    public bool IsDue(AgentIdentity identity) => Now >= identity.RenewAfter;

    public bool IsOver(AgentIdentity identity) => Now >= identity.Lifetime;

    public TimeSpan UntilDue(AgentIdentity identity) => identity.RenewAfter > Now ? identity.RenewAfter - Now : TimeSpan.Zero;
}
