using System.Security.Cryptography;
using System.Text;

namespace Fleet.Hub.Core.Enrollment;

/// <summary>What agents sign with their key during enrollment; both ends must agree on it byte for byte (agent.proto).</summary>
public static class SignedBytes
{
    /// <summary>For EnrollRequest.old_key_proof: the hash that is signed.</summary>
    public static byte[] Rekey(string clusterUid, ReadOnlySpan<byte> csr)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData("fleet-rekey"u8);
        hash.AppendData(Encoding.UTF8.GetBytes(clusterUid));
        hash.AppendData(csr);
        return hash.GetHashAndReset();
    }

    /// <summary>For RecoverRequest.signature: the hash that is signed.</summary>
    public static byte[] Recover(string hubId, string clusterId, ReadOnlySpan<byte> nonce)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData("fleet-recover\0"u8);
        hash.AppendData(Encoding.UTF8.GetBytes(hubId + "\0" + clusterId + "\0"));
        hash.AppendData(nonce);
        return hash.GetHashAndReset();
    }
}
