using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Fleet.EndToEnd.Tests.Chaos;

/// <summary>A bare repository that takes whole commits through one short process each: a thousand runs make many of them.</summary>
internal sealed class ChaosGit
{
    private readonly string _bare;
    private int _commits;

    public ChaosGit(string serverRoot, Uri server, string name)
    {
        _bare = Path.Combine(serverRoot, name + ".git");
        Url = new Uri(server, name + ".git");
        Run(serverRoot, "", "init", "-q", "--bare", "-b", "main", name + ".git");
    }

    public Uri Url { get; }

    public string Head => File.ReadAllText(Path.Combine(_bare, "refs", "heads", "main")).Trim();

    /// <summary>Makes the next commit of main hold exactly these files, and gives its id.</summary>
    public string Commit(IEnumerable<KeyValuePair<string, string>> files)
    {
        var import = new StringBuilder("commit refs/heads/main\ncommitter Ada <ada@example.com> ");
        import.Append(CultureInfo.InvariantCulture, $"{1_700_000_000 + _commits} +0000\ndata 6\nchange\n");
        if (_commits++ > 0)
        {
            import.Append("from refs/heads/main^0\n");
        }

        import.Append("deleteall\n");
        foreach (var (path, text) in files)
        {
            import.Append(CultureInfo.InvariantCulture, $"M 100644 inline {path}\ndata {Encoding.UTF8.GetByteCount(text)}\n{text}\n");
        }

        Run(_bare, import.ToString(), "fast-import", "--quiet");
        return Head;
    }

    private static void Run(string folder, string input, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", arguments) { WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        using var git = Process.Start(start)!;
        var error = git.StandardError.ReadToEndAsync();
        git.StandardInput.Write(input);
        git.StandardInput.Close();
        git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        Assert.True(git.ExitCode == 0, $"git {string.Join(' ', arguments)}: {error.Result}");
    }
}
