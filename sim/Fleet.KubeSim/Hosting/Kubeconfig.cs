using System.Text;

namespace Fleet.KubeSim.Hosting;

/// <summary>Writes the kubeconfig text of a simulated cluster.</summary>
internal static class Kubeconfig
{
    public static string WithToken(string name, Uri server, string authorityPem, string token) =>
        Document(name, server, authorityPem, $"    token: {token}\n");

    public static string WithCertificate(string name, Uri server, string authorityPem, string certificatePem, string keyPem) =>
        Document(
            name,
            server,
            authorityPem,
            $"    client-certificate-data: {Base64(certificatePem)}\n    client-key-data: {Base64(keyPem)}\n");

    private static string Document(string name, Uri server, string authorityPem, string user) =>
        $"""
        apiVersion: v1
        kind: Config
        current-context: {name}
        clusters:
        - name: {name}
          cluster:
            server: {server.ToString().TrimEnd('/')}
            certificate-authority-data: {Base64(authorityPem)}
        contexts:
        - name: {name}
          context:
            cluster: {name}
            user: {name}-admin
        users:
        - name: {name}-admin
          user:

        """ + user;

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
