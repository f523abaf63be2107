using System.CommandLine;
using Fleet.Cli.Output;
using Fleet.V1;

namespace Fleet.Cli.Commands;

/// <summary>`fleetctl holds list|release|refuse` and `fleetctl holds release-incident`: what waits for an operator.</summary>
internal static class HoldCommands
{
    public static Command Create(Terminal terminal) => new("holds", "Removals that wait for an operator")
    {
        List(terminal),
        Settle(terminal, "release", "Let the removal go on", refuse: false),
        Settle(terminal, "refuse", "Do not remove; what was to be removed is released and stays", refuse: true),
        Incident(terminal),
    };

    private static Command List(Terminal terminal)
    {
        var format = GlobalOptions.OutputFormat("table", "wide", "json", "yaml");
        var command = new Command("list", "List holds") { format };
        command.Aliases.Add("ls");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var hub = GlobalOptions.Connect(parsed, terminal);
            GetCommand.Print(terminal, parsed.GetValue(format)!, await Listing.AllAsync(hub, "Hold", cancellationToken), false);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command Settle(Terminal terminal, string verb, string description, bool refuse)
    {
        var name = new Argument<string>("name");
        var command = new Command(verb, description) { name };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var hub = GlobalOptions.Connect(parsed, terminal);
            var response = await hub.Api.ReleaseHoldAsync(new ReleaseHoldRequest { Name = parsed.GetValue(name)!, Refuse = refuse }, hub.Call(cancellationToken));
            terminal.Output.WriteLine($"hold/{parsed.GetValue(name)} {(refuse ? "refused" : "released")}{(response.Message.Length > 0 ? ": " + response.Message : "")}");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command Incident(Terminal terminal)
    {
        var name = new Argument<string>("name");
        var command = new Command("release-incident", "Settle an incident (a Fork or a clone) once it is understood") { name };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var hub = GlobalOptions.Connect(parsed, terminal);
            await hub.Api.ReleaseIncidentAsync(new ReleaseIncidentRequest { Name = parsed.GetValue(name)! }, hub.Call(cancellationToken));
            terminal.Output.WriteLine($"incident/{parsed.GetValue(name)} released");
            return ExitCodes.Ok;
        });
        return command;
    }
}
