using System.CommandLine;
using Fleet.Cli.Output;
using Fleet.V1;
using Grpc.Core;

namespace Fleet.Cli.Commands;

/// <summary>`fleetctl delete KIND NAME`: what would be removed is shown first, and asked once.</summary>
internal static class DeleteCommand
{
    public static Command Create(Terminal terminal)
    {
        var kind = ResourceArguments.KindArgument();
        var name = new Argument<string?>("name") { Arity = ArgumentArity.ZeroOrOne };
        var command = Build(terminal, "delete", "Delete a resource; an Assignment's objects are removed from its clusters, after one confirmation",
            parsed => ResourceArguments.Parse(parsed.GetValue(kind)!, parsed.GetValue(name)));
        command.Arguments.Add(kind);
        command.Arguments.Add(name);
        return command;
    }

    /// <summary>The same for one kind, under another name.</summary>
    public static Command Create(Terminal terminal, string kind, string verb, string description)
    {
        var name = new Argument<string>("name");
        var command = Build(terminal, verb, description, parsed => (kind, parsed.GetValue(name)));
        command.Arguments.Add(name);
        return command;
    }

    private static Command Build(Terminal terminal, string verb, string description, Func<ParseResult, (string Kind, string? Name)> which)
    {
        var yes = new Option<bool>("--yes", "-y") { Description = "Confirm without being asked" };
        var keep = new Option<bool>("--keep-objects") { Description = "For an Assignment: leave its objects in the clusters" };
        var command = new Command(verb, description) { yes, keep };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (wanted, one) = which(parsed);
            if (one is null)
            {
                throw new UsageException($"name the {wanted} to delete: fleetctl delete {wanted.ToLowerInvariant()} NAME");
            }

            using var hub = GlobalOptions.Connect(parsed, terminal);
            var request = new DeleteRequest { Kind = wanted, Name = one, Policy = parsed.GetValue(keep) ? "keep" : "", Confirm = parsed.GetValue(yes) ? one : "" };
            DeleteResponse response;
            try
            {
                response = await hub.Api.DeleteAsync(request, hub.Call(cancellationToken));
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.FailedPrecondition && !parsed.GetValue(yes))
            {
                if (!terminal.Interactive)
                {
                    throw new FailureException(e.Status.Detail, ExitCodes.NeedsConfirmation, "Confirm with --yes.");
                }

                if (!terminal.ConfirmByName(e.Status.Detail, one))
                {
                    throw new FailureException("not confirmed; nothing was deleted", ExitCodes.NeedsConfirmation);
                }

                request.Confirm = one;
                response = await hub.Api.DeleteAsync(request, hub.Call(cancellationToken));
            }

            terminal.Output.WriteLine($"{wanted.ToLowerInvariant()}/{one} deleted{(response.Message.Length > 0 ? ": " + response.Message : "")}");
            return ExitCodes.Ok;
        });
        return command;
    }
}
