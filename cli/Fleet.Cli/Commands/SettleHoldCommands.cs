using System.CommandLine;
using Fleet.Cli.Output;
using Fleet.V1;

namespace Fleet.Cli.Commands;

/// <summary>`fleetctl release hold/NAME|incident/NAME` and `fleetctl refuse hold/NAME`: the short way to what waits for an operator.</summary>
internal static class SettleHoldCommands
{
    public static Command Release(Terminal terminal) => Create(terminal, "release", "Let a held removal go on, or settle an incident (a Fork, a clone) once it is understood", refuse: false);

    public static Command Refuse(Terminal terminal) => Create(terminal, "refuse", "Refuse a held removal: what was to be removed is kept", refuse: true);

    private static Command Create(Terminal terminal, string verb, string description, bool refuse)
    {
        var kind = new Argument<string>("kind") { Description = refuse ? "hold (or hold/NAME)" : "hold or incident (or KIND/NAME)" };
        var name = new Argument<string?>("name") { Arity = ArgumentArity.ZeroOrOne };
        var command = new Command(verb, description) { kind, name };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (wanted, one) = ResourceArguments.Parse(parsed.GetValue(kind)!, parsed.GetValue(name));
            if (one is null || wanted is not ("Hold" or "Incident") || (refuse && wanted == "Incident"))
            {
                throw new UsageException(refuse ? "write: fleetctl refuse hold/NAME" : "write: fleetctl release hold/NAME, or incident/NAME");
            }

            using var hub = GlobalOptions.Connect(parsed, terminal);
            if (wanted == "Incident")
            {
                await hub.Api.ReleaseIncidentAsync(new ReleaseIncidentRequest { Name = one }, hub.Call(cancellationToken));
                terminal.Output.WriteLine($"incident/{one} released");
                return ExitCodes.Ok;
            }

            var response = await hub.Api.ReleaseHoldAsync(new ReleaseHoldRequest { Name = one, Refuse = refuse }, hub.Call(cancellationToken));
            terminal.Output.WriteLine($"hold/{one} {verb}d{(response.Message.Length > 0 ? ": " + response.Message : "")}");
            return ExitCodes.Ok;
        });
        return command;
    }
}
