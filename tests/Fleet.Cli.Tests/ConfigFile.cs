namespace Fleet.Cli.Tests;

/// <summary>A configuration file of the test's own, which does not exist yet. Tests that use it run one after another.</summary>
internal sealed class ConfigFile : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fleetctl-config-").FullName;
    private readonly string? _before = Environment.GetEnvironmentVariable("FLEET_CONFIG");

    public ConfigFile() => Environment.SetEnvironmentVariable("FLEET_CONFIG", Path);

    public string Path => System.IO.Path.Combine(_folder, "config.json");

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("FLEET_CONFIG", _before);
        Directory.Delete(_folder, recursive: true);
    }
}
