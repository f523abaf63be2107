namespace Fleet.Cli.Demo;

internal sealed class ContentScenario(DemoFleet fleet, DemoScreen screen, string folder)
{
    public Task RunAsync(CancellationToken cancellationToken) => throw new FailureException($"{folder}{fleet}{screen}{cancellationToken}", 1);
}
