using System.Security.Cryptography;
using System.Text;

namespace Fleet.V1;

/// <summary>How a set of Git objects is named.</summary>
public static class ClosureDigests
{
    /// <summary>Hex SHA-256 over the distinct lower-case hex oids in ordinal order, each followed by a line feed.</summary>
    public static string Of(IEnumerable<string> oids)
    {
        ArgumentNullException.ThrowIfNull(oids);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        string? last = null;
        foreach (var oid in oids.Order(StringComparer.Ordinal))
        {
            if (oid == last)
            {
                continue;
            }

            last = oid;
            hash.AppendData(Encoding.ASCII.GetBytes(oid + "\n"));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
