using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Fleet.Hub.Tests.Enrollment;

/// <summary>An agent's side of enrollment: a key, and what is made of it.</summary>
internal sealed class TestAgent : IDisposable
{
    public TestAgent(string name = "prod-1", string? uid = null) => (Name, Uid) = (name, uid ?? Guid.NewGuid().ToString());

    public string Name { get; }

    public string Uid { get; }

    public ECDsa Key { get; private set; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public Identity? Identity { get; private set; }

    public byte[] KeyHash => SHA256.HashData(Key.ExportSubjectPublicKeyInfo());

    public X509Certificate2 Leaf => X509CertificateLoader.LoadCertificate(Identity!.Certificates[0].ToByteArray());

    public ECDsa NewKey()
    {
        var old = Key;
        Key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return old;
    }

    public void Take(Identity identity) => Identity = identity;

    public static byte[] Csr(ECDsa key, string subject = "CN=agent") => new CertificateRequest(subject, key, HashAlgorithmName.SHA256).CreateSigningRequest();

    public EnrollRequest Request(string token) => new()
    {
        Token = token,
        Csr = ByteString.CopyFrom(Csr(Key)),
        ClusterUid = Uid,
        ClusterName = Name,
        RequestId = "r1",
        AgentVersion = "0.1.0",
        KubernetesVersion = "v1.36.2",
    };

    public async Task<EnrollResponse> EnrollAsync(TestHub hub, string token, ECDsa? oldKey = null)
    {
        var request = Request(token);
        if (oldKey is not null)
        {
            request.OldKeyProof = ByteString.CopyFrom(oldKey.SignHash(IdentityProofs.Rekey(Uid, request.Csr.Span), DSASignatureFormat.Rfc3279DerSequence));
        }

        var response = await hub.Enrollment.EnrollAsync(request);
        Identity = response.Identity ?? Identity;
        return response;
    }

    /// <summary>The certificate with its key, as a TLS client needs it.</summary>
    public X509Certificate2 Certificate(ECDsa? key = null, byte[]? leaf = null)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(leaf ?? Identity!.Certificates[0].ToByteArray());
        return certificate.CopyWithPrivateKey(key ?? Key);
    }

    /// <summary>How the agents' listener receives this identity: null when the gate lets it through.</summary>
    public async Task<StatusCode?> KnockAsync(TestHub hub, X509Certificate2? certificate = null)
    {
        try
        {
            // An empty request: what stands behind the gate refuses it in its own way.
            await hub.Agents(certificate ?? Certificate()).RenewAsync(new RenewRequest());
            return null;
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.Unimplemented or StatusCode.InvalidArgument)
        {
            return null;
        }
        catch (RpcException e)
        {
            return e.StatusCode;
        }
    }

    public void Dispose() => Key.Dispose();
}
