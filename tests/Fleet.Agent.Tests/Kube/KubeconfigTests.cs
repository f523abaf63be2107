using System.Text;
using Fleet.Agent.Core.Errors;
using Fleet.Agent.Kube.Client;
using Fleet.Agent.Kube.Config;

namespace Fleet.Agent.Tests.Kube;

public sealed class KubeconfigTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fleet-kubeconfig-");
    private readonly TestCertificates _certificates = new();

    public void Dispose()
    {
        _certificates.Dispose();
        _folder.Delete(recursive: true);
    }

    private string File(string name, string text)
    {
        var path = Path.Combine(_folder.FullName, name);
        System.IO.File.WriteAllText(path, text);
        return path;
    }

    private string Config(string cluster, string user, string name = "config") => File(name, $$$"""
        apiVersion: v1
        kind: Config
        current-context: one
        contexts:
        - {name: one, context: {cluster: c, user: u, namespace: team}}
        - {name: two, context: {cluster: missing, user: u}}
        clusters:
        - name: c
          cluster: {{{cluster}}}
        users:
        - name: u
          user: {{{user}}}
        """);

    private static string Base64(string s) => Convert.ToBase64String(Encoding.UTF8.GetBytes(s));

    private static ClusterAccess Load(string file, string context = "") => Kubeconfig.Load([file], context, TimeProvider.System);

    private static async Task<Core.Errors.KubeApiError?> CallAsync(ClusterAccess access)
    {
        using var api = new KubeApi(access, new() { CallTimeout = TimeSpan.FromSeconds(10) }, TimeProvider.System);
        return (await api.GetServerVersionAsync(default)).Error;
    }

    [Fact]
    public async Task ClientCertificate_InlineAndFiles_IsPresentedOverTrustedTls()
    {
        await using var server = StubServer.Answering(_ => (200, "{}"), _certificates.Server(asksClient: true));
        var (certificate, key) = _certificates.Issue("agent", server: false, loopback: false);
        File("ca.pem", _certificates.CaPem);
        File("c.pem", certificate);
        File("k.pem", key);
        var inline = Config($"{{server: '{server.Url}', certificate-authority-data: {Base64(_certificates.CaPem)}}}", $"{{client-certificate-data: {Base64(certificate)}, client-key-data: {Base64(key)}}}");
        Assert.Null(await CallAsync(Load(inline)));
        // Paths are relative to the file that names them.
        var files = Config($"{{server: '{server.Url}', certificate-authority: ca.pem}}", "{client-certificate: c.pem, client-key: k.pem}", "other");
        Assert.Null(await CallAsync(Load(files)));
        Assert.All(server.Requests, r => Assert.Contains("CN=agent", r.Client!.Subject));
        Assert.Equal("team", Load(files).Namespace);
    }

    [Fact]
    public async Task Tls_NotOurRoot_IsUntrustedAndNothingIsSent()
    {
        using var others = new TestCertificates();
        await using var server = StubServer.Answering(_ => (200, "{}"), others.Server());
        foreach (var trust in new[] { $", certificate-authority-data: {Base64(_certificates.CaPem)}", "" })
        {
            Assert.Equal(KubeFailure.Untrusted, (await CallAsync(Load(Config($"{{server: '{server.Url}'{trust}}}", "{token: t}"))))!.Failure);
        }
        Assert.Empty(server.Requests);
        Assert.Null(await CallAsync(Load(Config($"{{server: '{server.Url}', insecure-skip-tls-verify: true}}", "{token: t}"))));
    }

    [Fact]
    public async Task Tls_OtherName_IsUntrustedUnlessItIsTheTlsServerName()
    {
        await using var server = StubServer.Answering(_ => (200, "{}"), _certificates.Server("api.example.com", loopback: false));
        var ca = $"certificate-authority-data: {Base64(_certificates.CaPem)}";
        Assert.Equal(KubeFailure.Untrusted, (await CallAsync(Load(Config($"{{server: '{server.Url}', {ca}}}", "{}"))))!.Failure);
        Assert.Null(await CallAsync(Load(Config($"{{server: '{server.Url}', tls-server-name: api.example.com, {ca}}}", "{}"))));
    }

    [Fact]
    public async Task TokenFile_Rotated_IsReadAgainAfterA401()
    {
        var accepted = "one";
        await using var server = StubServer.Answering(r => r.Header("Authorization") == $"Bearer {accepted}" ? (200, "{}") : (401, "{}"));
        var token = File("token", "one\n");
        var access = Load(Config($"{{server: '{server.Url}'}}", "{tokenFile: token}"));
        using var api = new KubeApi(access, new(), TimeProvider.System);
        Assert.True((await api.GetServerVersionAsync(default)).IsOk);
        accepted = "two";
        Assert.Equal(401, (await api.GetServerVersionAsync(default)).Error!.HttpStatus);
        System.IO.File.WriteAllText(token, "two");
        Assert.True((await api.GetServerVersionAsync(default)).IsOk);
    }

    [Fact]
    public async Task TokenFile_Missing_IsNoCredential()
    {
        await using var server = StubServer.Answering(_ => (200, "{}"));
        Assert.Equal(KubeFailure.NoCredential, (await CallAsync(Load(Config($"{{server: '{server.Url}'}}", "{tokenFile: none}"))))!.Failure);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Basic_NameAndPassword_AreSent()
    {
        await using var server = StubServer.Answering(_ => (200, "{}"));
        Assert.Null(await CallAsync(Load(Config($"{{server: '{server.Url}k8s/clusters/c-1/'}}", "{username: u, password: 'p:w'}"))));
        var request = Assert.Single(server.Requests);
        Assert.Equal("Basic " + Base64("u:p:w"), request.Header("Authorization"));
        Assert.Equal("/k8s/clusters/c-1/version", request.Path);
    }

    [Fact]
    public async Task Exec_Plugin_IsRunOnceAndAgainAfterA401()
    {
        var accepted = "t1";
        await using var server = StubServer.Answering(r => r.Header("Authorization") == $"Bearer {accepted}" ? (200, "{}") : (401, "{}"));
        var script = File("plugin.sh", """
            #!/bin/sh
            echo "$KUBERNETES_EXEC_INFO" >> "$OUT/seen"
            n=$(wc -l < "$OUT/seen")
            echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t'$((n))'"}}'
            """);
        System.IO.File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var exec = $"{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: ./plugin.sh, interactiveMode: Never, provideClusterInfo: true, env: [{{name: OUT, value: '{_folder.FullName}'}}]}}}}";
        using var api = new KubeApi(Load(Config($"{{server: '{server.Url}'}}", exec)), new(), TimeProvider.System);
        Assert.True((await api.GetServerVersionAsync(default)).IsOk);
        Assert.True((await api.GetServerVersionAsync(default)).IsOk);
        var seen = Assert.Single(System.IO.File.ReadAllLines(Path.Combine(_folder.FullName, "seen")));
        Assert.Contains(server.Url.ToString().TrimEnd('/'), seen);
        accepted = "t2";
        Assert.True((await api.GetServerVersionAsync(default)).IsOk);
    }

    [Theory]
    [InlineData("exit 3", "exit code 3")]
    [InlineData("echo no", "did not write an ExecCredential")]
    [InlineData("echo '{\"kind\":\"ExecCredential\",\"status\":{}}'", "neither a token nor a client certificate")]
    [InlineData("yes x | head -c 2000000", "wrote more than 1024 KiB")]
    public async Task Exec_PluginFails_SaysHow(string body, string words)
    {
        var script = File("bad.sh", "#!/bin/sh\n" + body + "\n");
        System.IO.File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var error = await CallAsync(Load(Config("{server: 'http://127.0.0.1:1'}", "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./bad.sh}}")));
        Assert.Equal(KubeFailure.NoCredential, error!.Failure);
        Assert.Contains(words, error.Message);
    }

    [Fact]
    public async Task Exec_PluginMissing_GivesItsInstallHint()
    {
        var error = await CallAsync(Load(Config("{server: 'http://127.0.0.1:1'}", "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./none, installHint: get it there}}")));
        Assert.Contains("get it there", error!.Message);
    }

    [Theory]
    [InlineData("two", "{server: 'https://x'}", "{}", "clusters has no entry named 'missing' (there are: c)")]
    [InlineData("none", "{server: 'https://x'}", "{}", "contexts has no entry named 'none' (there are: one, two)")]
    [InlineData("", "{server: x}", "{}", "Write a URL such as")]
    [InlineData("", "{}", "{}", "server is ''")]
    [InlineData("", "{server: 'https://x', certificate-authority: none.pem}", "{}", "certificate-authority names")]
    [InlineData("", "{server: 'https://x', certificate-authority-data: '%%%'}", "{}", "not base64")]
    [InlineData("", "{server: 'https://x', certificate-authority-data: aGk=}", "{}", "holds no certificate")]
    [InlineData("", "{server: 'https://x', proxy-url: 'ftp://x'}", "{}", "proxy-url is")]
    [InlineData("", "{server: 'https://x'}", "{client-certificate-data: aGk=}", "without client-key")]
    [InlineData("", "{server: 'https://x'}", "{client-certificate-data: aGk=, client-key-data: aGk=}", "do not fit together")]
    [InlineData("", "{server: 'https://x'}", "{auth-provider: {name: gcp}}", "removed from Kubernetes")]
    [InlineData("", "{server: 'https://x'}", "{exec: {command: x}}", "Write client.authentication.k8s.io/v1")]
    [InlineData("", "{server: 'https://x'}", "{exec: {command: x, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Always}}", "nobody is there to ask")]
    public void Load_Mistake_SaysWhatToChange(string context, string cluster, string user, string words) =>
        Assert.Contains(words, Assert.Throws<KubeconfigException>(() => Load(Config(cluster, user), context)).Message);

    [Fact]
    public void Load_NoYaml_NamesLineAndFile()
    {
        Assert.Contains("cannot be read", Assert.Throws<KubeconfigException>(() => Load(Path.Combine(_folder.FullName, "none"))).Message);
        Assert.Contains("bad:3:1: this is not YAML", Assert.Throws<KubeconfigException>(() => Load(File("bad", "a: 1\nb: [\n"))).Message);
    }

    [Fact]
    public void Load_SeveralFiles_TheFirstWordWins()
    {
        var contexts = File("a", "current-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n");
        var rest = File("b", "current-context: y\nclusters: [{name: c, cluster: {server: 'https://h:1', proxy-url: 'socks5://p:2'}}]\nusers: [{name: u, user: {token: t}}]\n");
        var access = Kubeconfig.Load([contexts, rest], "", TimeProvider.System);
        Assert.Equal(("https://h:1/", "socks5://p:2/", "default"), (access.Server.ToString(), access.Proxy!.ToString(), access.Namespace));
    }

    [Fact]
    public async Task InCluster_Account_IsUsedAndItsTokenReread()
    {
        await using var server = StubServer.Answering(r => r.Header("Authorization") == "Bearer sa-token" ? (200, "{}") : (401, "{}"), _certificates.Server());
        File("token", "sa-token");
        File("ca.crt", _certificates.CaPem);
        File("namespace", "fleet");
        string? Environment(string name) => name switch { "KUBERNETES_SERVICE_HOST" => "127.0.0.1", "KUBERNETES_SERVICE_PORT" => server.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), _ => null };
        Assert.True(InCluster.IsHere(Environment, _folder.FullName));
        var access = InCluster.Load(Environment, TimeProvider.System, _folder.FullName);
        Assert.Equal("fleet", access.Namespace);
        Assert.Null(await CallAsync(access));
        Assert.False(InCluster.IsHere(_ => null, _folder.FullName));
        Assert.Contains("Give --kubeconfig", Assert.Throws<KubeconfigException>(() => InCluster.Load(_ => null, TimeProvider.System, _folder.FullName)).Message);
    }
}
