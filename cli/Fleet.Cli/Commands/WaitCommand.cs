using System.CommandLine;
using Fleet.Cli.Connection;
using Fleet.Cli.Output;
using Fleet.V1;

namespace Fleet.Cli.Commands;

/// <summary>`fleetctl wait KIND NAME`: for pipelines; ends when the resource is ready (or gone), or the time is up.</summary>
internal static class WaitCommand
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    public static Command Create(Terminal terminal)
    {
        var kind = ResourceArguments.KindArgument();
        var name = new Argument<string?>("name") { Arity = ArgumentArity.ZeroOrOne };
        var goal = new Option<string>("--for") { Description = "ready, connected (clusters) or deleted", DefaultValueFactory = _ => "ready" };
        goal.AcceptOnlyFromAmong("ready", "connected", "deleted");
        var revision = new Option<string?>("--revision") { Description = "Ready at this commit (a prefix of 7 or more), not at an earlier one" };
        var timeout = new Option<string>("--timeout") { Description = "Give up after; exit code 7", DefaultValueFactory = _ => "5m" };
        var command = new Command("wait", "Wait until a resource is ready, a cluster connected, or something gone") { kind, name, goal, revision, timeout };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (wanted, one) = ResourceArguments.Parse(parsed.GetValue(kind)!, parsed.GetValue(name));
            if (one is null)
            {
                throw new UsageException($"name the {wanted} to wait for");
            }

            using var hub = GlobalOptions.Connect(parsed, terminal);
            var limit = Durations.Parse(parsed.GetValue(timeout)!, "--timeout");
            var label = $"{wanted.ToLowerInvariant()}/{one}";
            await terminal.BusyAsync($"waiting for {label}", async () =>
            {
                await UntilAsync(hub, wanted, one, parsed.GetValue(goal)!, parsed.GetValue(revision) ?? "", limit, label, cancellationToken);
                return 0;
            });
            terminal.Output.WriteLine($"{label} {parsed.GetValue(goal)}");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static async Task UntilAsync(HubConnection hub, string kind, string name, string goal, string revision, TimeSpan limit, string label, CancellationToken cancellationToken)
    {
        var clock = TimeProvider.System;
        var started = clock.GetTimestamp();
        var last = "nothing was seen of it";
        while (true)
        {
            try
            {
                var resource = await hub.Api.GetAsync(new GetRequest { Kind = kind, Name = name }, hub.Call(cancellationToken));
                if (Reached(resource, goal, revision, out last))
                {
                    return;
                }
            }
            catch (Grpc.Core.RpcException e) when (e.StatusCode == Grpc.Core.StatusCode.NotFound)
            {
                if (goal == "deleted")
                {
                    return;
                }

                last = "it does not exist";
            }
            catch (Grpc.Core.RpcException e) when (e.StatusCode == Grpc.Core.StatusCode.Unavailable)
            {
                last = "the hub cannot be reached: " + e.Status.Detail;
            }

            if (clock.GetElapsedTime(started) > limit)
            {
                throw new FailureException($"{label} is not {goal} after {Durations.Age(limit)}: {last}", ExitCodes.TimedOut, $"Look closer: fleetctl describe {kind.ToLowerInvariant()} {name}");
            }

            await Task.Delay(Interval, clock, cancellationToken);
        }
    }

    private static bool Reached(Resource resource, string goal, string revision, out string seen)
    {
        switch (resource.KindCase)
        {
            case Resource.KindOneofCase.Assignment:
                var status = resource.Assignment.Status ?? new AssignmentStatus();
                seen = $"{status.Counts?.Ready ?? 0}/{status.Counts?.Clusters ?? 0} clusters ready at {ResourceTable.Short(status.Revision)}; {ResourceTable.ReadyMessage(status.Conditions)}";
                return goal == "ready" && ResourceTable.Ready(status.Conditions) == "True"
                    && (revision.Length == 0 || (revision.Length >= 7 && status.Revision.StartsWith(revision, StringComparison.OrdinalIgnoreCase)));
            case Resource.KindOneofCase.Cluster:
                var cluster = resource.Cluster.Status ?? new ClusterStatus();
                seen = $"{cluster.State}, {cluster.Counts?.Ready ?? 0}/{cluster.Counts?.Clusters ?? 0} assignments ready";
                return goal != "deleted" && cluster.State == "Connected" && (goal == "connected" || (cluster.Counts ?? new()).Ready == (cluster.Counts ?? new()).Clusters);
            case Resource.KindOneofCase.GitSource:
                seen = ResourceTable.ReadyMessage(resource.GitSource.Status?.Conditions);
                return goal == "ready" && ResourceTable.Ready(resource.GitSource.Status?.Conditions) == "True";
            case Resource.KindOneofCase.ClusterAssignment:
                var report = resource.ClusterAssignment.Status ?? new ClusterAssignmentStatus();
                seen = $"{report.Phase}: {report.Message}";
                return goal == "ready" && report.Phase == "Ready"
                    && (revision.Length == 0 || report.AppliedRevision.StartsWith(revision, StringComparison.OrdinalIgnoreCase));
            default:
                seen = "it is still there";
                return false;
        }
    }
}
