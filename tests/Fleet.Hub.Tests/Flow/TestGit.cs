using System.Diagnostics;

namespace Fleet.Hub.Tests.Flow;

/// <summary>A Git repository in a temporary folder, read by its path.</summary>
internal sealed class TestGit : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fleet-flow-git-").FullName;

    public TestGit() => Run("init", "-q", "-b", "main");

    public string Url => _folder;

    public string Commit(params (string Path, string Text)[] files)
    {
        foreach (var (path, text) in files)
        {
            var full = Path.Combine(_folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllText(full, text);
        }

        Run("add", "-A");
        Run("commit", "-q", "--allow-empty", "-m", "change");
        return Run("rev-parse", "HEAD").Trim();
    }

    public string Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("git", ["-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false", .. arguments])
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var git = Process.Start(start)!;
        var output = git.StandardOutput.ReadToEnd();
        var error = git.StandardError.ReadToEnd();
        git.WaitForExit();
        Assert.True(git.ExitCode == 0, error);
        return output;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
