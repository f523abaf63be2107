using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.V1;

namespace Fleet.Hub.Core.Resources.Validation;

/// <summary>GitSource.</summary>
internal static class GitSourceValidator
{
    public static void Validate(GitSource source, Violations violations)
    {
        var spec = source.Spec ?? new GitSourceSpec();
        violations.Check("spec.url", GitUrls.Problem(spec.Url));
        violations.CheckDuration("spec.pollInterval", spec.PollInterval, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));
        if (spec.Credential.Length > 0)
        {
            violations.Check("spec.credential", Names.Problem(spec.Credential));
        }

        if (spec.CaBundle.Length > 0)
        {
            violations.Check("spec.caBundle", BundleProblem(spec.CaBundle));
        }
    }

    private static string? BundleProblem(string pem)
    {
        const string Advice = "paste the CA's certificates in PEM form (-----BEGIN CERTIFICATE-----) under caBundle: |.";
        if (pem.Contains("PRIVATE KEY", StringComparison.Ordinal))
        {
            return "The bundle holds a private key, which everyone who may read this resource would see: take it out, consider it lost, and " + Advice;
        }

        try
        {
            var certificates = new X509Certificate2Collection();
            certificates.ImportFromPem(pem);
            var count = certificates.Count;
            foreach (var certificate in certificates)
            {
                certificate.Dispose();
            }

            return count > 0 ? null : "The bundle holds no certificate: " + Advice;
        }
        catch (CryptographicException)
        {
            return "The bundle holds something that is not a certificate: " + Advice;
        }
    }
}
