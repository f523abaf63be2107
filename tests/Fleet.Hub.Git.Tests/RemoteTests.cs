using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Fleet.KubeSim.Git;

namespace Fleet.Hub.Git.Tests;

public sealed class RemoteTests
{
    [Fact]
    public async Task LsRemote_BranchesAndTags_Resolve()
    {
        await using var repository = await TestRepository.StartAsync();
        var first = repository.Commit("first");
        repository.InWork("tag", "-a", "v1", "-m", "release");
        repository.InWork("push", "-q", "origin", "v1");
        repository.Write("a", "b");
        var second = repository.Commit("second");

        var refs = (await repository.Mirror.LsRemoteAsync(repository.Remote, default)).Value!;

        Assert.Equal("refs/heads/main", refs.Head);
        Assert.Equal(second, refs.Resolve(""));
        Assert.Equal(second, refs.Resolve("main"));
        Assert.Equal(second, refs.Resolve("refs/heads/main"));
        Assert.Equal(first, refs.Resolve("v1"));
        Assert.Equal(first, refs.Resolve(first));
        Assert.Null(refs.Resolve("nope"));
    }

    [Fact]
    public async Task Fetch_SameCommitAgain_AsksNobody()
    {
        await using var repository = await TestRepository.StartAsync();
        var commit = await repository.CommitAndFetchAsync();
        var before = repository.Server.Requests;

        var again = await repository.Mirror.FetchAsync(repository.Remote, [commit], default);

        Assert.False(again.Value);
        Assert.Equal(before, repository.Server.Requests);
    }

    [Fact]
    public async Task Fetch_ReplaceRefs_AreLeftOut()
    {
        await using var repository = await TestRepository.StartAsync();
        repository.Write("app/a.yaml", "real");
        var real = repository.Commit("real");
        repository.Write("app/a.yaml", "forged");
        repository.InWork("commit", "-q", "-a", "-m", "forged");
        repository.InWork("replace", real, "HEAD");
        repository.InWork("push", "-q", "origin", $"refs/replace/{real}");

        await repository.Mirror.FetchAsync(repository.Remote, [real], default);
        var closure = (await repository.Mirror.ReadClosureAsync(real, ["app"], ClosureLimits.Default, default)).Value!;
        var blob = closure.Entries.Single(e => e.Kind == GitObjectKind.Blob);

        Assert.Equal("real"u8.ToArray(), (await repository.Mirror.ReadObjectAsync(blob.Oid, 100, default)).Value!.Bytes);
    }

    [Fact]
    public async Task Fetch_ForcePush_PinnedCommitStays()
    {
        await using var repository = await TestRepository.StartAsync();
        var old = await repository.CommitAndFetchAsync("old");
        Assert.True((await repository.Mirror.PinAsync(old, default)).IsOk);
        repository.InWork("checkout", "-q", "--orphan", "fresh");
        var fresh = await repository.CommitAndFetchAsync("fresh");

        Assert.NotEqual(old, fresh);
        Assert.True((await repository.Mirror.CollectAsync(default)).IsOk);
        Assert.True(await repository.Mirror.HasAsync(old, default));
    }

    [Fact]
    public async Task Fetch_CommitThatIsNowhere_IsMissing()
    {
        await using var repository = await TestRepository.StartAsync();
        repository.Commit();
        var fetched = await repository.Mirror.FetchAsync(repository.Remote, [new string('a', 40)], default);
        Assert.Equal(GitFailureReason.CommitMissing, fetched.Failure?.Reason);
    }

    [Fact]
    public async Task LsRemote_NobodyListens_IsUnreachable()
    {
        await using var repository = await TestRepository.StartAsync();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        await ExpectAsync(repository, repository.Remote with { Url = $"http://127.0.0.1:{port}/x.git" }, GitFailureReason.Unreachable);
    }

    [Fact]
    public async Task LsRemote_NoSuchRepository_IsNotFound()
    {
        await using var repository = await TestRepository.StartAsync();
        await ExpectAsync(repository, repository.Remote with { Url = repository.Remote.Url.Replace("app.git", "other.git", StringComparison.Ordinal) }, GitFailureReason.NotFound);
    }

    [Fact]
    public async Task LsRemote_ServerHangs_TimesOut()
    {
        await using var repository = await TestRepository.StartAsync(new GitHttpOptions { Hang = new TaskCompletionSource().Task });
        await using var mirrors = new GitMirrors(Path.GetTempPath(), new GitOptions { LsRemoteTimeout = TimeSpan.FromSeconds(1) }, TimeProvider.System);
        var refs = await mirrors.Open("hang").LsRemoteAsync(repository.Remote, default);
        Assert.Equal(GitFailureReason.TimedOut, refs.Failure?.Reason);
    }

    [Fact]
    public async Task LsRemote_Credentials_AreNeededAndNeverShown()
    {
        await using var repository = await TestRepository.StartAsync(new GitHttpOptions { Authorization = GitHttpOptions.Basic("bot", "s3cret") });
        var none = await ExpectAsync(repository, repository.Remote, GitFailureReason.AuthenticationFailed);
        Assert.Contains("fleetctl credential set", none.Message, StringComparison.Ordinal);

        var wrong = await ExpectAsync(repository, repository.Remote with { Credential = new GitCredential.Basic("bot", "wr0ng") }, GitFailureReason.AuthenticationFailed);
        Assert.DoesNotContain("wr0ng", wrong.Message, StringComparison.Ordinal);

        var right = repository.Remote with { Credential = new GitCredential.Basic("bot", "s3cret") };
        Assert.True((await repository.Mirror.LsRemoteAsync(right, default)).IsOk);
        Assert.DoesNotContain("s3cret", right.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LsRemote_OwnCa_IsTrustedOnlyWhenGiven()
    {
        var (certificate, pem) = SelfSigned();
        await using var repository = await TestRepository.StartAsync(new GitHttpOptions { Certificate = certificate });
        await ExpectAsync(repository, repository.Remote, GitFailureReason.TlsUntrusted);
        Assert.True((await repository.Mirror.LsRemoteAsync(repository.Remote with { CaBundle = pem }, default)).IsOk);
    }

    [Theory]
    [InlineData("ext::sh -c touch% /tmp/owned")]
    [InlineData("file:///etc")]
    [InlineData("/etc")]
    [InlineData("--upload-pack=touch /tmp/owned")]
    [InlineData("-oProxyCommand=x@y:z")]
    [InlineData("git://127.0.0.1/x.git")]
    [InlineData("")]
    public async Task LsRemote_OtherProtocols_AreRefusedBeforeGitRuns(string url)
    {
        await using var repository = await TestRepository.StartAsync();
        await ExpectAsync(repository, repository.Remote with { Url = url }, GitFailureReason.ProtocolRefused);
    }

    [Fact]
    public void Remote_CredentialInUrl_IsNotShown() =>
        Assert.Equal("https://git.example.com/a.git", new GitRemote("https://bot:s3cret@git.example.com/a.git", GitCredential.None).ShownUrl);

    private static async Task<GitFailure> ExpectAsync(TestRepository repository, GitRemote remote, GitFailureReason reason)
    {
        var refs = await repository.Mirror.LsRemoteAsync(remote, default);
        Assert.True(refs.Failure?.Reason == reason, $"expected {reason}, got {refs}");
        return refs.Failure!;
    }

    private static (X509Certificate2 Certificate, string Pem) SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=git", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(30));
        return (X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null), made.ExportCertificatePem());
    }
}
