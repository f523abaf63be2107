namespace Fleet.Cli.Demo;

/// <summary>The demo's one temporary folder, of mode 0700; everything that the demo writes is in it, and it goes with the demo.</summary>
internal sealed class DemoFolder : IDisposable
{
    public DemoFolder() => Root = Directory.CreateTempSubdirectory("fleet-demo-").FullName;

    public string Root { get; }

    public string Logs => Sub("logs");

    public string Sub(string name) => Directory.CreateDirectory(Path.Combine(Root, name)).FullName;

    public void Dispose()
    {
        try
        {
            Directory.Delete(Root, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
        }
    }
}
