using System.Diagnostics.Metrics;

namespace Fleet.Hub.Enrollment;

/// <summary>What enrollment measures. Results are a fixed list of words.</summary>
internal static class EnrollmentMeters
{
    private static readonly Meter Meter = new("Fleet.Hub");

    private static readonly Counter<long> Enrollments = Meter.CreateCounter<long>("fleet_enrollments", description: "Requests to enroll, by result.");
    private static readonly Counter<long> Certificates = Meter.CreateCounter<long>("fleet_certificates_issued", description: "Client certificates signed for agents.");

    public static void Enrolled(string result) => Enrollments.Add(1, new KeyValuePair<string, object?>("result", result));

    public static void Issued() => Certificates.Add(1);
}
