using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Fleet.Agent.Enrollment;

/// <summary>Who this cluster is to its hub: a key that never leaves the cluster, and the certificate for it.</summary>
internal sealed record AgentIdentity
{
    public required byte[] Key { get; init; }
    /// <summary>Leaf first, DER.</summary>
    public required IReadOnlyList<byte[]> Certificates { get; init; }
    public required IReadOnlyList<byte[]> CaBundle { get; init; }
    public required string ClusterId { get; init; }
    public required string ClusterName { get; init; }
    public required string HubId { get; init; }
    public required IReadOnlyList<Uri> SessionEndpoints { get; init; }
    public required TimeSpan RenewAfter { get; init; }
    public required TimeSpan Lifetime { get; init; }
    /// <summary>By this machine's clock, when the certificate came in: after a restart the only thing that tells its age.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    public HubTrust Trust() => new([.. CaBundle.Select(d => X509CertificateLoader.LoadCertificate(d))]);

    public SslStreamCertificateContext ClientContext()
    {
        using var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(Key, out _);
        using var leaf = X509CertificateLoader.LoadCertificate(Certificates[0]);
        var more = new X509Certificate2Collection(Certificates.Skip(1).Select(d => X509CertificateLoader.LoadCertificate(d)).ToArray());
        return SslStreamCertificateContext.Create(leaf.CopyWithPrivateKey(key), more, offline: true);
    }

    /// <summary>Takes over a hub's answer; checks what a wrong one would break later and worse.</summary>
    public static (AgentIdentity? Identity, string Problem) Of(Fleet.V1.Identity answer, byte[] key, DateTimeOffset now)
    {
        if (answer.Certificates.Count == 0) return (null, "the hub's answer has no certificate");
        if (answer.CaBundle.Count == 0) return (null, "the hub's answer has no CA");
        if (answer.ClusterId.Length == 0 || answer.HubId.Length == 0) return (null, "the hub's answer names no cluster or no hub");
        var endpoints = new List<Uri>();
        foreach (var text in answer.SessionEndpoints)
        {
            if (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme == "https") endpoints.Add(uri);
        }
        if (endpoints.Count == 0) return (null, "the hub's answer has no https:// session endpoint; set --agents-address at the hub");
        try
        {
            using var own = ECDsa.Create();
            own.ImportPkcs8PrivateKey(key, out _);
            using var leaf = X509CertificateLoader.LoadCertificate(answer.Certificates[0].ToByteArray());
            if (!leaf.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(own.ExportSubjectPublicKeyInfo())) return (null, "the hub's certificate is for another key");
            foreach (var ca in answer.CaBundle) X509CertificateLoader.LoadCertificate(ca.ToByteArray()).Dispose();
        }
        catch (CryptographicException e)
        {
            return (null, $"the hub's certificate cannot be read: {e.Message}");
        }
        var lifetime = answer.Lifetime?.ToTimeSpan() is { Ticks: > 0 } l ? l : TimeSpan.FromHours(24);
        var renew = answer.RenewAfter?.ToTimeSpan() is { Ticks: > 0 } r && r < lifetime ? r : lifetime * 0.5;
        return (new()
        {
            Key = key,
            Certificates = [.. answer.Certificates.Select(c => c.ToByteArray())],
            CaBundle = [.. answer.CaBundle.Select(c => c.ToByteArray())],
            ClusterId = answer.ClusterId,
            ClusterName = answer.ClusterName,
            HubId = answer.HubId,
            SessionEndpoints = endpoints,
            RenewAfter = renew,
            Lifetime = lifetime,
            ReceivedAt = now,
        }, "");
    }

    /// <summary>Never shows the key.</summary>
    public override string ToString() => $"cluster {ClusterName} ({ClusterId}) of hub {HubId}";
}
