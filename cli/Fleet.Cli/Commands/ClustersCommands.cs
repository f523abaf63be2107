using System.CommandLine;
using Fleet.Cli.Output;
using Fleet.V1;
using Grpc.Core;

namespace Fleet.Cli.Commands;

/// <summary>`fleetctl clusters list|approve|label|revoke|decommission|remove`.</summary>
internal static class ClustersCommands
{
    public static Command Create(Terminal terminal) => new("clusters", "Clusters: approve, label, revoke, decommission, remove")
    {
        List(terminal), Approve(terminal), Label(terminal), Revoke(terminal), DecommissionCommand.Create(terminal), Remove(terminal),
    };

    private static Command List(Terminal terminal)
    {
        var format = GlobalOptions.OutputFormat("table", "wide", "json", "yaml");
        var command = new Command("list", "List clusters") { format };
        command.Aliases.Add("ls");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var hub = GlobalOptions.Connect(parsed, terminal);
            GetCommand.Print(terminal, parsed.GetValue(format)!, await Listing.AllAsync(hub, "Cluster", cancellationToken), false);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command Approve(Terminal terminal)
    {
        var name = new Argument<string>("name");
        var command = new Command("approve", "Let in a cluster that waits for approval") { name };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var hub = GlobalOptions.Connect(parsed, terminal);
            await hub.Api.ApproveClusterAsync(new ApproveClusterRequest { Name = parsed.GetValue(name)! }, hub.Call(cancellationToken));
            terminal.Output.WriteLine($"cluster/{parsed.GetValue(name)} approved");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command Label(Terminal terminal)
    {
        var name = new Argument<string>("name");
        var labels = new Argument<string[]>("labels") { Description = "KEY=VALUE to set, KEY- to remove", Arity = ArgumentArity.OneOrMore };
        var yes = new Option<bool>("--yes", "-y") { Description = "Confirm that Assignments are taken away" };
        var command = new Command("label", "Set and remove labels; groups follow") { name, labels, yes };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var request = new LabelClusterRequest { Name = parsed.GetValue(name)!, Confirm = parsed.GetValue(yes) };
            foreach (var label in parsed.GetValue(labels)!)
            {
                if (label.EndsWith('-') && !label.Contains('=', StringComparison.Ordinal))
                {
                    request.Remove.Add(label[..^1]);
                }
                else
                {
                    var (key, value) = Labels.Split(label);
                    request.Set[key] = value;
                }
            }

            using var hub = GlobalOptions.Connect(parsed, terminal);
            try
            {
                await hub.Api.LabelClusterAsync(request, hub.Call(cancellationToken));
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.FailedPrecondition && terminal.Interactive && !request.Confirm)
            {
                if (!terminal.ConfirmByName(e.Status.Detail, request.Name))
                {
                    throw new FailureException("not confirmed; nothing was changed", ExitCodes.NeedsConfirmation);
                }

                request.Confirm = true;
                await hub.Api.LabelClusterAsync(request, hub.Call(cancellationToken));
            }

            terminal.Output.WriteLine($"cluster/{request.Name} labeled");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command Revoke(Terminal terminal)
    {
        var name = new Argument<string>("name");
        var command = new Command("revoke", "End a cluster's identity now: its agent is cut off; its objects stay") { name };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var hub = GlobalOptions.Connect(parsed, terminal);
            await hub.Api.RevokeClusterAsync(new RevokeClusterRequest { Name = parsed.GetValue(name)! }, hub.Call(cancellationToken));
            terminal.Output.WriteLine($"cluster/{parsed.GetValue(name)} revoked");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command Remove(Terminal terminal)
    {
        var remove = DeleteCommand.Create(terminal, "Cluster", "remove", "Forget a cluster; its objects are released and stay");
        return remove;
    }
}
