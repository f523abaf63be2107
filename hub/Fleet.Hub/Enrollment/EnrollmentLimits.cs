using Fleet.Hub.Access;
using Fleet.Hub.Api;

namespace Fleet.Hub.Enrollment;

/// <summary>How often enrollment may be tried. Many agents share one NAT: generous by address, tight by token.</summary>
internal sealed class EnrollmentLimits(TimeProvider clock)
{
    private readonly AttemptLimits _addresses = new(burst: 200, perSecond: 20, clock);
    private readonly AttemptLimits _tokens = new(burst: 30, perSecond: 2, clock);

    /// <summary>Takes one try of the address.</summary>
    public void Address(string peer) => Take(_addresses, peer, "Too many tries to enroll come from this address");

    /// <summary>Takes one try of a token or a cluster, whoever makes it.</summary>
    public void Subject(string id) => Take(_tokens, id, "Too many tries were made with this token or for this cluster");

    private static void Take(AttemptLimits limits, string key, string what)
    {
        if (!limits.TryTake(key, out var retryAfter))
        {
            throw Refusals.TooMany($"{what}. Try again in {Math.Ceiling(retryAfter.TotalSeconds)} s.", retryAfter);
        }
    }
}
