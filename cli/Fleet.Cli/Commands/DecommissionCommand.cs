using System.CommandLine;
using Fleet.Cli.Connection;
using Fleet.Cli.Output;
using Fleet.V1;
using Grpc.Core;

namespace Fleet.Cli.Commands;

/// <summary>`fleetctl clusters decommission NAME`: everything leaves the cluster, then its identity ends.</summary>
internal static class DecommissionCommand
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    public static Command Create(Terminal terminal)
    {
        var name = new Argument<string>("name");
        var delete = new Option<bool>("--delete-objects") { Description = "Delete the objects from the cluster; they are kept else, unmanaged" };
        var force = new Option<bool>("--force") { Description = "For a cluster that never comes back: nothing is waited for; says what stays behind" };
        var wait = new Option<bool>("--wait") { Description = "Return once the agent has carried it out and the identity has ended" };
        var timeout = new Option<string>("--timeout") { Description = "With --wait: give up after; exit code 7", DefaultValueFactory = _ => "10m" };
        var yes = new Option<bool>("--yes", "-y") { Description = "Confirm" };
        var command = new Command("decommission", "Take a cluster out of the fleet: its agent lets go of everything, then its identity ends") { name, delete, force, wait, timeout, yes };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var one = parsed.GetValue(name)!;
            var limit = Durations.Parse(parsed.GetValue(timeout)!, "--timeout");
            var request = new DecommissionClusterRequest
            {
                Name = one,
                Policy = parsed.GetValue(delete) ? "delete" : "",
                Force = parsed.GetValue(force),
                Confirm = parsed.GetValue(yes) ? one : "",
            };
            using var hub = GlobalOptions.Connect(parsed, terminal);
            var response = await ConfirmedAsync(terminal, hub, request, cancellationToken);
            terminal.Output.WriteLine(response.Message);
            if (parsed.GetValue(wait) && !response.Done)
            {
                await terminal.BusyAsync($"waiting for cluster/{one}", async () =>
                {
                    await WaitAsync(hub, one, limit, cancellationToken);
                    return 0;
                });
                terminal.Output.WriteLine($"cluster/{one} decommissioned; forget its record with fleetctl clusters remove {one}");
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    private static async Task<DecommissionClusterResponse> ConfirmedAsync(Terminal terminal, HubConnection hub, DecommissionClusterRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await hub.Api.DecommissionClusterAsync(request, hub.Call(cancellationToken));
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.FailedPrecondition && request.Confirm.Length == 0)
        {
            if (!terminal.Interactive)
            {
                throw new FailureException(e.Status.Detail, ExitCodes.NeedsConfirmation, "Confirm with --yes.");
            }

            if (!terminal.ConfirmByName(e.Status.Detail, request.Name))
            {
                throw new FailureException("not confirmed; nothing was changed", ExitCodes.NeedsConfirmation);
            }

            request.Confirm = request.Name;
            return await hub.Api.DecommissionClusterAsync(request, hub.Call(cancellationToken));
        }
    }

    private static async Task WaitAsync(HubConnection hub, string name, TimeSpan limit, CancellationToken cancellationToken)
    {
        var clock = TimeProvider.System;
        var started = clock.GetTimestamp();
        while (true)
        {
            var cluster = (await hub.Api.GetAsync(new GetRequest { Kind = "Cluster", Name = name }, hub.Call(cancellationToken))).Cluster;
            if (cluster.Status?.State == "Revoked")
            {
                return;
            }

            if (clock.GetElapsedTime(started) > limit)
            {
                var left = await Listing.AllAsync(hub, new ListRequest { Kind = "ClusterAssignment", Cluster = name }, 100, cancellationToken);
                throw new FailureException(
                    $"cluster/{name} ({cluster.Status?.State}) has not let go of {left.Count} Assignments after {Durations.Age(limit)}; it goes on by itself",
                    ExitCodes.TimedOut, $"If it never comes back: fleetctl clusters decommission {name} --force");
            }

            await Task.Delay(Interval, clock, cancellationToken);
        }
    }
}
