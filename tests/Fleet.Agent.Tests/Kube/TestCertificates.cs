using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Fleet.Agent.Tests.Kube;

/// <summary>A certificate authority of a test's own.</summary>
internal sealed class TestCertificates : IDisposable
{
    private readonly X509Certificate2 _ca;

    public TestCertificates()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test-ca", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        _ca = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    public string CaPem => _ca.ExportCertificatePem();

    public (string Certificate, string Key) Issue(string name, string dnsName = "", bool server = true, bool loopback = true)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(server ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2")], false));
        var names = new SubjectAlternativeNameBuilder();
        if (loopback) names.AddIpAddress(IPAddress.Loopback);
        if (dnsName.Length > 0) names.AddDnsName(dnsName);
        if (loopback || dnsName.Length > 0) request.CertificateExtensions.Add(names.Build());
        using var issued = request.Create(_ca, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddHours(20), RandomNumberGenerator.GetBytes(8));
        return (issued.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    public SslServerAuthenticationOptions Server(string dnsName = "", bool loopback = true, bool asksClient = false)
    {
        var (certificate, key) = Issue("server", dnsName, loopback: loopback);
        return new()
        {
            ServerCertificate = X509Certificate2.CreateFromPem(certificate, key),
            ClientCertificateRequired = asksClient,
            RemoteCertificateValidationCallback = (_, _, _, _) => true,
        };
    }

    public void Dispose() => _ca.Dispose();
}
