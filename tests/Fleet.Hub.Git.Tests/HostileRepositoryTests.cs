using System.Net;

namespace Fleet.Hub.Git.Tests;

/// <summary>Repositories and servers that mean harm.</summary>
public class HostileRepositoryTests
{
    [Theory]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData(".git")]
    [InlineData(".GIT")]
    [InlineData("a/b")]
    public async Task Fetch_TreeWithANameThatNoTreeMayHave_IsRefused(string name)
    {
        await using var repository = await TestRepository.StartAsync();
        repository.Write("app/a.yaml", "a: 1");
        repository.Commit();
        var commit = repository.PushForged(name);

        var fetched = await repository.Mirror.FetchAsync(repository.Remote, [commit], default);

        Assert.False(fetched.IsOk);
        // And nothing of it is left that could be read.
        Assert.False((await repository.Mirror.ReadClosureAsync(commit, ["."], ClosureLimits.Default, default)).IsOk);
    }

    [Fact]
    public async Task LsRemote_RedirectWithACredential_IsNotFollowed()
    {
        await using var repository = await TestRepository.StartAsync();
        using var elsewhere = new HttpListener();
        using var redirects = new HttpListener();
        var (target, door) = (Listen(elsewhere), Listen(redirects));
        var seen = new List<string?>();
        var serving = Task.WhenAll(
            ServeAsync(redirects, context =>
            {
                context.Response.StatusCode = 302;
                context.Response.RedirectLocation = target + context.Request.RawUrl!.TrimStart('/');
            }),
            ServeAsync(elsewhere, context =>
            {
                lock (seen)
                {
                    seen.Add(context.Request.Headers["Authorization"]);
                }

                context.Response.StatusCode = 404;
            }));

        var refs = await repository.Mirror.LsRemoteAsync(new GitRemote(door + "app.git", new GitCredential.Basic("bot", "s3cret")), default);

        Assert.False(refs.IsOk);
        Assert.Empty(seen);
        Assert.DoesNotContain("s3cret", refs.Failure!.Message, StringComparison.Ordinal);
        redirects.Stop();
        elsewhere.Stop();
        await serving;
    }

    [Theory]
    [InlineData("HEAD")]
    [InlineData("main")]
    [InlineData("--batch-all-objects")]
    [InlineData("0123456789012345678901234567890123456789\n0123456789012345678901234567890123456789")]
    [InlineData("0123456789ABCDEF0123456789ABCDEF01234567")]
    public async Task ReadObject_AnythingButAHexId_NeverReachesGit(string oid)
    {
        await using var repository = await TestRepository.StartAsync();
        repository.Write("app/a.yaml", "a: 1");
        await repository.CommitAndFetchAsync();
        var refused = false;
        try
        {
            refused = !(await repository.Mirror.ReadObjectAsync(oid, 100, default)).IsOk;
        }
        catch (ArgumentException)
        {
            refused = true;
        }

        Assert.True(refused);
    }

    [Fact]
    public async Task ReadObject_ManyAtOnceWithLargeOnes_AllAreAnsweredByABoundedPool()
    {
        await using var repository = await TestRepository.StartAsync();
        repository.Write("app/large.yaml", new string('x', 4_000_000));
        repository.Write("app/small.yaml", "a: 1");
        var commit = await repository.CommitAndFetchAsync();
        var blobs = (await repository.Mirror.ReadClosureAsync(commit, ["app"], ClosureLimits.Default, default)).Value!.Entries.Where(e => e.Kind == GitObjectKind.Blob).ToArray();

        var reads = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => repository.Mirror.ReadObjectAsync(blobs[i % 2].Oid, 5_000_000, default))).WaitAsync(TimeSpan.FromSeconds(60));

        Assert.All(reads, read => Assert.True(read.IsOk));
    }

    private static string Listen(HttpListener listener)
    {
        using var probe = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var prefix = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/";
        probe.Stop();
        listener.Prefixes.Add(prefix);
        listener.Start();
        return prefix;
    }

    private static async Task ServeAsync(HttpListener listener, Action<HttpListenerContext> answer)
    {
        try
        {
            while (true)
            {
                var context = await listener.GetContextAsync();
                answer(context);
                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException)
        {
            // Stopped.
        }
    }
}
