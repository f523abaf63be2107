using System.Diagnostics;
using Fleet.KubeSim.Git;

namespace Fleet.Hub.Git.Tests;

/// <summary>A bare repository behind a real smart HTTP server, with a work tree to commit from, and a hub's mirrors to read it with.</summary>
internal sealed class TestRepository : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-git-test-").FullName;
    private readonly string _format;
    private GitHttpServer? _server;

    private TestRepository(string format)
    {
        _format = format;
        Mirrors = new GitMirrors(Path.Combine(_folder, "mirrors"), new GitOptions { LsRemoteTimeout = TimeSpan.FromSeconds(20) }, TimeProvider.System);
    }

    public GitMirrors Mirrors { get; }

    public GitMirror Mirror => Mirrors.Open("source-1");

    public GitRemote Remote { get; private set; } = null!;

    public GitHttpServer Server => _server!;

    private string Work => Path.Combine(_folder, "work");

    public static async Task<TestRepository> StartAsync(GitHttpOptions? options = null, string format = "sha1")
    {
        var repository = new TestRepository(format);
        var bare = Path.Combine(repository._folder, "git", "app.git");
        Directory.CreateDirectory(bare);
        Directory.CreateDirectory(repository.Work);
        repository.Git(bare, "init", "-q", "--bare", "-b", "main", "--object-format=" + format, ".");
        repository.Git(repository.Work, "init", "-q", "-b", "main", "--object-format=" + format, ".");
        repository.Git(repository.Work, "remote", "add", "origin", bare);
        repository._server = await GitHttpServer.StartAsync(Path.Combine(repository._folder, "git"), options);
        repository.Remote = new GitRemote(new Uri(repository._server.Address, "app.git").ToString(), GitCredential.None);
        return repository;
    }

    public void Write(string path, string text)
    {
        var full = Path.Combine(Work, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }

    public void Link(string path, string target)
    {
        var full = Path.Combine(Work, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.CreateSymbolicLink(full, target);
    }

    public string Commit(string message = "change")
    {
        InWork("add", "-A");
        InWork("commit", "-q", "--allow-empty", "-m", message);
        InWork("push", "-q", "--force", "origin", "HEAD:refs/heads/main");
        return Head;
    }

    /// <summary>Pushes a commit whose tree has an entry of this name, which Git itself would not make; its id.</summary>
    public string PushForged(string name)
    {
        var blob = InWork("rev-parse", "HEAD:app/a.yaml").Trim();
        var file = Path.Combine(_folder, "tree");
        File.WriteAllBytes(file, [.. System.Text.Encoding.UTF8.GetBytes($"100644 {name}\0"), .. Convert.FromHexString(blob)]);
        var tree = InWork("hash-object", "-t", "tree", "-w", "--literally", file).Trim();
        var commit = InWork("commit-tree", tree, "-m", "forged").Trim();
        InWork("push", "-q", "--force", "origin", $"{commit}:refs/heads/main");
        return commit;
    }

    public string Head => InWork("rev-parse", "HEAD").Trim();

    public string InWork(params string[] arguments) => Git(Work, arguments);

    /// <summary>Pushed and fetched into the mirror.</summary>
    public async Task<string> CommitAndFetchAsync(string message = "change")
    {
        var commit = Commit(message);
        var fetched = await Mirror.FetchAsync(Remote, [commit], default);
        Assert.True(fetched.IsOk, fetched.ToString());
        return commit;
    }

    public async ValueTask DisposeAsync()
    {
        await Mirrors.DisposeAsync();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private string Git(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        foreach (var who in (string[])["AUTHOR", "COMMITTER"])
        {
            start.Environment[$"GIT_{who}_NAME"] = "Ada";
            start.Environment[$"GIT_{who}_EMAIL"] = "ada@example.com";
        }

        using var git = Process.Start(start)!;
        var error = git.StandardError.ReadToEndAsync();
        var output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        Assert.True(git.ExitCode == 0, $"git {string.Join(' ', arguments)} ({_format}): {error.Result}");
        return output;
    }
}
