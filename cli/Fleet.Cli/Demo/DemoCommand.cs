using System.CommandLine;
using Fleet.Cli.Commands;
using Fleet.Cli.Output;
using Spectre.Console;

namespace Fleet.Cli.Demo;

/// <summary>`fleetctl demo`: the main job on this machine, with no cluster at hand.</summary>
internal static class DemoCommand
{
    public static Command Create(Terminal terminal)
    {
        var headless = new Option<bool>("--headless") { Description = "Unattended: check each step, exit non-zero when one fails, then end" };
        var content = new Option<string?>("--content") { Description = "Deploy every folder of this one instead, each as a Git repository, to two simulated clusters" };
        var command = new Command("demo", "Run the main job here: a hub, simulated clusters, real agents, a Git repository") { headless, content };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var attended = !parsed.GetValue(headless) && terminal.Interactive;
            if (!attended)
            {
                terminal.Interactive = false;
            }

            var screen = new DemoScreen(terminal);
            await using var fleet = new DemoFleet();
            try
            {
                if (parsed.GetValue(content) is { } folder)
                {
                    await new ContentScenario(fleet, screen, folder).RunAsync(cancellationToken);
                }
                else
                {
                    var scenario = new MainScenario(fleet, screen);
                    await scenario.RunAsync(cancellationToken);
                    if (attended)
                    {
                        await StayAsync(terminal, fleet, scenario, cancellationToken);
                    }
                }
            }
            catch (DemoFailedException)
            {
                foreach (var log in fleet.LogNames)
                {
                    screen.Say($"--- last lines of {log}:\n{fleet.LogTail(log, 15)}");
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                screen.Say("ending …");
                return attended ? ExitCodes.Ok : ExitCodes.Interrupted;
            }

            screen.Say($"{screen.Passed} passed, {screen.Failed} failed");
            return screen.Failed == 0 ? ExitCodes.Ok : ExitCodes.Failed;
        });
        return command;
    }

    /// <summary>The fleet stays up, and is shown live, until Ctrl-C.</summary>
    private static async Task StayAsync(Terminal terminal, DemoFleet fleet, MainScenario scenario, CancellationToken cancellationToken)
    {
        terminal.Output.WriteLine($"""

            The fleet stays up. In another terminal:
              export FLEET_CONFIG={fleet.ConfigPath}
              fleetctl status                      # hub: {fleet.HubAddress}
              kubectl --kubeconfig {fleet.KubeconfigOf("staging-1")} -n {DemoContent.Namespace} get deployments
              kubectl --kubeconfig {fleet.KubeconfigOf("staging-1")} -n {DemoContent.Namespace} scale deployment web --replicas 5
              cd {scenario.Repository.Folder}      # edit, commit, git push origin main
            Kubeconfigs: {Path.GetDirectoryName(fleet.KubeconfigOf("x"))}
            Logs:        {Path.Combine(fleet.Root, "logs")}
            fleetctl is {Path.Combine(AppContext.BaseDirectory, "fleetctl")}
            Ctrl-C ends everything and removes it from disk.

            """);
        var first = await FleetOverview.ReadAsync(fleet.Hub, cancellationToken);
        await terminal.Console.Live(first.Render()).StartAsync(async live =>
        {
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                live.UpdateTarget((await FleetOverview.ReadAsync(fleet.Hub, cancellationToken)).Render());
            }
        });
    }
}
