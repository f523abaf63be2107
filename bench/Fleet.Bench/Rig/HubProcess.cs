using Fleet.Cli.Demo;

namespace Fleet.Bench.Rig;

/// <summary>A hub in a process of its own, on SQLite, as fleet-hub is started by hand.</summary>
internal sealed class HubProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(120);
    // What ChildProcess sets for the demo's many processes is not how a hub is run.
    private static readonly Dictionary<string, string> AsShipped = new() { ["DOTNET_TieredPGO"] = "1" };
    private readonly ChildProcess _process;

    private HubProcess(ChildProcess process, HubOperator owner, string caPem)
    {
        _process = process;
        Operator = owner;
        CaPem = caPem;
    }

    public int Id => _process.Id;

    public HubOperator Operator { get; }

    public string CaPem { get; }

    public static async Task<HubProcess> StartAsync(DemoFolder folder, CancellationToken cancellationToken)
    {
        var data = folder.Sub("hub");
        var process = ChildProcess.Start("hub", "fleet-hub", folder.Logs, ["--data", data, "--listen", "127.0.0.1:0", "--agents-listen", "127.0.0.1:0"], AsShipped);
        try
        {
            var ready = await process.LineAsync("fleet-hub ready", StartLimit, cancellationToken);
            var address = new Uri(ready.Split(' ').First(p => p.StartsWith("api=", StringComparison.Ordinal))["api=".Length..]);
            var ca = await File.ReadAllTextAsync(Path.Combine(data, "ca.pem"), cancellationToken);
            var key = (await File.ReadAllTextAsync(Path.Combine(data, "admin.key"), cancellationToken)).Trim();
            return new HubProcess(process, new HubOperator(address, ca, key), ca);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Operator.Dispose();
        await _process.DisposeAsync();
    }
}
