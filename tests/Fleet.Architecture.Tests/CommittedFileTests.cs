using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Fleet.Architecture.Tests;

public sealed partial class CommittedFileTests
{
    [Fact]
    public void CommittedFiles_MachinePathsAndRegistryHosts_None()
    {
        var wrong = from file in Tracked()
                    where File.Exists(file) && new FileInfo(file).Length < 2_000_000
                    let text = File.ReadAllText(file)
                    from Match m in Machine().Matches(text)
                    select $"{House.Relative(file)}: {m.Value}";
        Assert.Empty(wrong);
    }

    private static IEnumerable<string> Tracked()
    {
        using var git = Process.Start(new ProcessStartInfo("git", ["ls-files", "-z"])
        {
            WorkingDirectory = House.Root,
            RedirectStandardOutput = true,
        })!;
        var names = git.StandardOutput.ReadToEnd().Split('\0', StringSplitOptions.RemoveEmptyEntries);
        git.WaitForExit();
        return names.Select(n => Path.Combine(House.Root, n)).ToArray();
    }

    // Written so that this very file does not match.
    [GeneratedRegex("[/]work/(main|wt|steering|shared)|registry[.]npmjs|api[.]nuget")]
    private static partial Regex Machine();
}
