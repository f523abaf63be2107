namespace Fleet.Hub.Core.Enrollment;

/// <summary>When the parts of a roll of the hub's certificate authority follow one another by themselves.</summary>
public static class AuthoritySchedule
{
    /// <summary>The next authority is in the bundles for this long before it signs: every agent that is there renews once in that time.</summary>
    public static readonly TimeSpan Announced = TimeSpan.FromHours(24);

    /// <summary>The old one stays for this long at least after the new one began to sign: twice a certificate's life.</summary>
    public static readonly TimeSpan Overlap = 2 * CertificateTimes.ClientLifetime;

    /// <summary>Whether the next authority may begin to sign agents' certificates.</summary>
    public static bool MayActivate(DateTimeOffset created, DateTimeOffset now) => now >= created + Announced;

    /// <summary>Whether the old authority may go without asking anybody: the overlap is over, and nobody would be shut out.</summary>
    public static bool MayFinish(DateTimeOffset activated, DateTimeOffset now, int behind) => now >= activated + Overlap && behind == 0;

    /// <summary>Whether an identity was issued before <paramref name="since"/>, so that its agent does not know what came into the bundle then.</summary>
    /// <param name="certificateExpiry">Of the newest certificate; null: none was issued, so there is nobody to shut out.</param>
    /// <param name="since">When the bundle changed. Certificates know whole seconds: one of the same second counts as one of before.</param>
    public static bool IsBehind(DateTimeOffset? certificateExpiry, DateTimeOffset since) =>
        certificateExpiry is { } expiry && expiry - CertificateTimes.ClientLifetime <= since.AddTicks(-(since.Ticks % TimeSpan.TicksPerSecond));
}
