using System.Diagnostics;

namespace Fleet.EndToEnd.Tests;

/// <summary>A work tree whose pushes go to a bare repository behind the Git server.</summary>
internal sealed class TestGit
{
    private readonly string _work;

    private TestGit(string work, Uri url) => (_work, Url) = (work, url);

    public Uri Url { get; }

    public static TestGit Create(string serverRoot, Uri server, string name, string work)
    {
        Run(serverRoot, "init", "-q", "--bare", "-b", "main", name + ".git");
        Directory.CreateDirectory(work);
        Run(work, "init", "-q", "-b", "main");
        Run(work, "remote", "add", "origin", Path.Combine(serverRoot, name + ".git"));
        return new TestGit(work, new Uri(server, name + ".git"));
    }

    public TestGit Write(string path, string text)
    {
        var full = Path.Combine(_work, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
        return this;
    }

    public TestGit Remove(string path)
    {
        File.Delete(Path.Combine(_work, path));
        return this;
    }

    public string Push(string message = "change", string branch = "main")
    {
        Git("add", "-A");
        Git("commit", "-q", "--allow-empty", "-m", message);
        Git("push", "-q", "--force", "origin", $"HEAD:refs/heads/{branch}");
        return Git("rev-parse", "HEAD").Trim();
    }

    public string Git(params string[] arguments) => Run(_work, arguments);

    private static string Run(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        foreach (var who in (string[])["AUTHOR", "COMMITTER"])
        {
            start.Environment[$"GIT_{who}_NAME"] = "Ada";
            start.Environment[$"GIT_{who}_EMAIL"] = "ada@example.com";
        }

        using var git = Process.Start(start)!;
        var error = git.StandardError.ReadToEndAsync();
        var output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        Assert.True(git.ExitCode == 0, $"git {string.Join(' ', arguments)}: {error.Result}");
        return output;
    }
}
