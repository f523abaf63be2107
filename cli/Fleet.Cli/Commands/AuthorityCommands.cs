using System.CommandLine;
using Fleet.Cli.Output;
using Fleet.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Fleet.Cli.Commands;

/// <summary>`fleetctl ca status|roll|finish`: the hub's certificate authority, and its replacement with an overlap.</summary>
internal static class AuthorityCommands
{
    public static Command Create(Terminal terminal) => new("ca", "The hub's certificate authority: status, and rolling it with an overlap") { Status(terminal), Roll(terminal), Finish(terminal) };

    private static Command Status(Terminal terminal)
    {
        var command = new Command("status", "Show the authorities, and how far a roll has come");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var hub = GlobalOptions.Connect(parsed, terminal);
            Print(terminal, await hub.Api.GetAuthoritiesAsync(new GetAuthoritiesRequest(), hub.Call(cancellationToken)));
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command Roll(Terminal terminal)
    {
        var now = new Option<bool>("--now") { Description = "Sign agents' certificates with the next authority at once, and not a day after it went into the bundles" };
        var command = new Command("roll", "Make the next authority: in the bundles first, signing a day later, the old one gone when every agent has the new") { now };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var hub = GlobalOptions.Connect(parsed, terminal);
            Print(terminal, await hub.Api.RollAuthorityAsync(new RollAuthorityRequest { Now = parsed.GetValue(now) }, hub.Call(cancellationToken)));
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command Finish(Terminal terminal)
    {
        var yes = new Option<bool>("--yes", "-y") { Description = "Confirm, though the overlap is not over or some clusters would be shut out" };
        var command = new Command("finish", "Trust the old authority no more") { yes };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var hub = GlobalOptions.Connect(parsed, terminal);
            var request = new FinishAuthorityRollRequest { Confirm = parsed.GetValue(yes) };
            AuthoritiesResponse response;
            try
            {
                response = await hub.Api.FinishAuthorityRollAsync(request, hub.Call(cancellationToken));
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.FailedPrecondition && !request.Confirm)
            {
                if (!terminal.Interactive || !terminal.ConfirmByName(e.Status.Detail, "finish"))
                {
                    throw new FailureException(e.Status.Detail, ExitCodes.NeedsConfirmation, "Confirm with --yes.");
                }

                request.Confirm = true;
                response = await hub.Api.FinishAuthorityRollAsync(request, hub.Call(cancellationToken));
            }

            Print(terminal, response);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static void Print(Terminal terminal, AuthoritiesResponse response)
    {
        var table = new TextTable("ROLE", "PIN", "CREATED", "EXPIRES", "SIGNS SINCE", "GOES");
        foreach (var authority in response.Authorities)
        {
            table.Add(authority.Role, authority.Pin, Day(authority.CreationTime), Day(authority.ExpiryTime), Day(authority.ActivationTime), Day(authority.RemovalTime));
        }

        table.Print(terminal.Output);
        terminal.Output.WriteLine(response.Message);
        if (response.BehindCount > 0)
        {
            terminal.Output.WriteLine($"{response.BehindCount} clusters do not trust the newest authority yet: {string.Join(", ", response.Behind.Take(20))}{(response.BehindCount > 20 ? ", …" : "")}");
        }
    }

    private static string Day(Timestamp? time) => time is null ? "-" : time.ToDateTimeOffset().ToString("u", System.Globalization.CultureInfo.InvariantCulture);
}
