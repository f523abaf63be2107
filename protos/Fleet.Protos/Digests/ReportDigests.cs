using System.Security.Cryptography;
using Google.Protobuf;

namespace Fleet.V1;

/// <summary>How agent and hub tell whether they hold the same reports (Hello.report_digest).</summary>
public static class ReportDigests
{
    /// <summary>SHA-256 of one report as it is serialised; the hub keeps it beside the row.</summary>
    public static byte[] Of(Report report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return SHA256.HashData(report.ToByteArray());
    }

    /// <summary>SHA-256 over the digests of the reports, in ordinal order of their assignment uids.</summary>
    public static byte[] Of(IEnumerable<Report> reports)
    {
        ArgumentNullException.ThrowIfNull(reports);
        return Fold(reports.Select(report => (report.AssignmentUid, Of(report))));
    }

    /// <summary>The same over digests that were taken before.</summary>
    public static byte[] Fold(IEnumerable<(string AssignmentUid, byte[] Digest)> reports)
    {
        ArgumentNullException.ThrowIfNull(reports);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (_, digest) in reports.OrderBy(report => report.AssignmentUid, StringComparer.Ordinal))
        {
            hash.AppendData(digest);
        }

        return hash.GetHashAndReset();
    }
}
