using System.Security.Cryptography;
using System.Text;

namespace Fleet.V1;

/// <summary>The 32 bytes that an agent signs to prove its bound key: with ECDsa.SignHash at the agent and ECDsa.VerifyHash at the hub, both in DER.</summary>
public static class IdentityProofs
{
    /// <summary>For <see cref="EnrollRequest.OldKeyProof"/>: SHA-256("fleet-rekey" ‖ cluster_uid ‖ csr).</summary>
    public static byte[] Rekey(string clusterUid, ReadOnlySpan<byte> csr)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData("fleet-rekey"u8);
        hash.AppendData(Encoding.UTF8.GetBytes(clusterUid));
        hash.AppendData(csr);
        return hash.GetHashAndReset();
    }

    /// <summary>For <see cref="RecoverRequest.Signature"/>: SHA-256 over "fleet-recover", hub id and cluster id, each with a zero byte after it, and the nonce.</summary>
    public static byte[] Recover(string hubId, string clusterId, ReadOnlySpan<byte> nonce)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var text in (string[])["fleet-recover", hubId, clusterId])
        {
            hash.AppendData(Encoding.UTF8.GetBytes(text));
            hash.AppendData([0]);
        }

        hash.AppendData(nonce);
        return hash.GetHashAndReset();
    }
}
