using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using Fleet.KubeSim.Serving;

namespace Fleet.KubeSim.Access;

/// <summary>Turns a connection's client certificate or a bearer token into a user, as a real server does.</summary>
internal sealed class Authenticator
{
    private readonly ConcurrentDictionary<string, KubeUser> _tokens = new(StringComparer.Ordinal);

    public void Accept(string token, KubeUser user) => _tokens[token] = user;

    public void Revoke(string token) => _tokens.TryRemove(token, out _);

    public KubeUser? FindByToken(string token) => _tokens.GetValueOrDefault(token);

    /// <summary>The user, the anonymous user when no credential came, or 401.</summary>
    public KubeUser Authenticate(HttpContext http)
    {
        // A certificate that is not of this cluster's authority does not get through the TLS handshake.
        if (http.Connection.ClientCertificate is { } certificate)
        {
            return FromCertificate(certificate);
        }

        var authorization = http.Request.Headers.Authorization.ToString();
        if (authorization.Length == 0)
        {
            return KubeUser.Anonymous;
        }

        const string scheme = "Bearer ";
        return authorization.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) && FindByToken(authorization[scheme.Length..].Trim()) is { } user
            ? user
            : throw ApiException.Unauthorized();
    }

    private static KubeUser FromCertificate(X509Certificate2 certificate)
    {
        var name = "";
        var groups = new List<string>();
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames())
        {
            switch (part.GetSingleElementType().Value)
            {
                case "2.5.4.3":
                    name = part.GetSingleElementValue() ?? "";
                    break;
                case "2.5.4.10":
                    groups.Add(part.GetSingleElementValue() ?? "");
                    break;
            }
        }

        return KubeUser.Of(name, groups);
    }
}
