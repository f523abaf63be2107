namespace Fleet.Hub.Core.Enrollment;

/// <summary>How long certificates live. All are backdated, so that a clock which is off by an hour changes nothing.</summary>
public static class CertificateTimes
{
    public static readonly TimeSpan ClientLifetime = TimeSpan.FromHours(24);
    public static readonly TimeSpan ClientBackdating = TimeSpan.FromHours(2);
    public static readonly TimeSpan ServerLifetime = TimeSpan.FromDays(30);
    public static readonly TimeSpan AuthorityLifetime = TimeSpan.FromDays(3653);
    public static readonly TimeSpan HubBackdating = TimeSpan.FromHours(24);

    /// <summary>When to renew, as an age: at a random 50 to 66 % of life, so that a fleet enrolled in one hour does not renew in one.</summary>
    /// <param name="lifetime">From now to the certificate's end.</param>
    /// <param name="random">Uniform in [0, 1).</param>
    public static TimeSpan RenewAfter(TimeSpan lifetime, double random) => lifetime * (0.50 + (0.16 * random));
}
