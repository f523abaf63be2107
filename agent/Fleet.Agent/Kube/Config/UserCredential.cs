using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Kube.Config;

/// <summary>The credential that a kubeconfig's user entry describes.</summary>
internal static class UserCredential
{
    public static ICredentialSource Of(JsonObject user, string file, JsonObject cluster, TimeProvider time)
    {
        var certificate = Certificate(user, file);
        if (user.Map("exec") is { } exec) return new ExecCredential(ExecPlugin.Of(exec, file), cluster, time);
        if (user.At("auth-provider") is not null)
        {
            throw new KubeconfigException($"{file}: auth-provider was removed from Kubernetes in 1.26. Use an exec plugin of your provider");
        }
        if (user.Text("tokenFile") is { Length: > 0 } path) return new TokenFileCredential(Kubeconfig.Resolve(path, file), certificate, time);
        if (user.Text("token") is { Length: > 0 } token) return new FixedCredential(new(token, ""), certificate);
        if (user.Text("username") is { Length: > 0 } name)
        {
            return new FixedCredential(new("", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{user.Text("password")}"))), certificate);
        }
        return new FixedCredential(KubeCredential.None, certificate);
    }

    public static X509Certificate2 FromPem(string certificate, string key, string where)
    {
        try
        {
            return X509Certificate2.CreateFromPem(certificate, key);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            // The exception's own words never quote the key.
            throw new KubeconfigException($"{where}: the client certificate and key do not fit together, or are not PEM ({e.Message})");
        }
    }

    private static X509Certificate2? Certificate(JsonObject user, string file)
    {
        var certificate = Kubeconfig.Pem(user, "client-certificate", file);
        var key = Kubeconfig.Pem(user, "client-key", file);
        return (certificate, key) switch
        {
            (null, null) => null,
            ({ } c, { } k) => FromPem(c, k, file),
            (null, _) => throw new KubeconfigException($"{file}: client-key is given without client-certificate"),
            (_, null) => throw new KubeconfigException($"{file}: client-certificate is given without client-key"),
        };
    }
}
