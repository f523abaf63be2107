namespace Fleet.Testing.Programs;

/// <summary>Which program to start, and how. A program of ours is looked for beside the tests, others on the PATH.</summary>
public sealed record ProgramStart(string Name)
{
    public IReadOnlyList<string> Arguments { get; init; } = [];

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public string? WorkingFolder { get; init; }

    internal string FindFile()
    {
        // fleet-agent lies in a folder of its own where the tests build on fleetctl, which starts it from there.
        string[] folders = [AppContext.BaseDirectory, Path.Combine(AppContext.BaseDirectory, "agent"), .. (System.Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)];
        return Path.IsPathRooted(Name) ? Name
            : folders.Select(folder => Path.Combine(folder, Name)).FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException($"{Name} is neither beside the tests ({AppContext.BaseDirectory}) nor on the PATH: let the test project reference its project.");
    }
}
