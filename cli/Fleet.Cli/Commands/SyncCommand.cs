using System.CommandLine;
using Fleet.Cli.Output;
using Fleet.V1;

namespace Fleet.Cli.Commands;

/// <summary>`fleetctl sync`: poll a source, or reconcile an Assignment or a cluster, now.</summary>
internal static class SyncCommand
{
    public static Command Create(Terminal terminal)
    {
        var kind = new Argument<string>("kind") { Description = "source, assignment or cluster (or KIND/NAME)" };
        var name = new Argument<string?>("name") { Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("sync", "Poll a source, or reconcile an assignment or a cluster, now") { kind, name };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (wanted, one) = ResourceArguments.Parse(parsed.GetValue(kind)!, parsed.GetValue(name));
            if (one is null)
            {
                throw new UsageException($"name the {wanted} to sync");
            }

            var request = wanted switch
            {
                "GitSource" => new SyncRequest { Source = one },
                "Assignment" => new SyncRequest { Assignment = one },
                "Cluster" => new SyncRequest { Cluster = one },
                _ => throw new UsageException($"a {wanted} cannot be synced; write source, assignment or cluster"),
            };
            using var hub = GlobalOptions.Connect(parsed, terminal);
            var response = await hub.Api.SyncAsync(request, hub.Call(cancellationToken));
            terminal.Output.WriteLine(wanted == "GitSource" ? $"gitsource/{one} will be polled now" : $"{response.Clusters} cluster{(response.Clusters == 1 ? "" : "s")} asked to reconcile now");
            return ExitCodes.Ok;
        });
        return command;
    }
}
