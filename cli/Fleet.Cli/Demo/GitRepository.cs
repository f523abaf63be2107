using System.Diagnostics;

namespace Fleet.Cli.Demo;

/// <summary>A work tree of the demo, with its bare repository behind the Git server.</summary>
internal sealed class GitRepository
{
    private GitRepository(string folder, Uri url)
    {
        Folder = folder;
        Url = url;
    }

    public string Folder { get; }

    public Uri Url { get; }

    /// <summary>A new bare repository NAME.git under the server's root, and a clone of it in the folder.</summary>
    public static async Task<GitRepository> CreateAsync(string serverRoot, Uri server, string name, string folder, CancellationToken cancellationToken)
    {
        var bare = Path.Combine(serverRoot, name + ".git");
        await RunAsync(serverRoot, cancellationToken, "init", "-q", "--bare", "-b", "main", bare);
        await RunAsync(bare, cancellationToken, "config", "http.receivepack", "true");
        var repository = new GitRepository(folder, new Uri(server, name + ".git"));
        Directory.CreateDirectory(folder);
        await repository.GitAsync(cancellationToken, "init", "-q", "-b", "main");
        await repository.GitAsync(cancellationToken, "remote", "add", "origin", repository.Url.ToString());
        await repository.GitAsync(cancellationToken, "config", "user.name", "Demo");
        await repository.GitAsync(cancellationToken, "config", "user.email", "demo@example.com");
        return repository;
    }

    public void Write(string path, string text)
    {
        var full = Path.Combine(Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }

    /// <summary>Commits everything, pushes, and returns the commit's id.</summary>
    public async Task<string> PushAsync(string message, CancellationToken cancellationToken)
    {
        await GitAsync(cancellationToken, "add", "-A");
        await GitAsync(cancellationToken, "commit", "-q", "-m", message);
        return await PushAsync(cancellationToken);
    }

    public async Task<string> PushAsync(CancellationToken cancellationToken)
    {
        await GitAsync(cancellationToken, "push", "-q", "origin", "main");
        return (await GitAsync(cancellationToken, "rev-parse", "HEAD")).Trim();
    }

    public Task<string> GitAsync(CancellationToken cancellationToken, params string[] arguments) => RunAsync(Folder, cancellationToken, arguments);

    private static async Task<string> RunAsync(string folder, CancellationToken cancellationToken, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["GIT_TERMINAL_PROMPT"] = "0";
        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        start.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        using var git = Process.Start(start)!;
        var error = git.StandardError.ReadToEndAsync(cancellationToken);
        var output = await git.StandardOutput.ReadToEndAsync(cancellationToken);
        await git.WaitForExitAsync(cancellationToken);
        return git.ExitCode == 0 ? output : throw new FailureException($"git {string.Join(' ', arguments)}: {(await error).Trim()}", ExitCodes.Failed);
    }
}
