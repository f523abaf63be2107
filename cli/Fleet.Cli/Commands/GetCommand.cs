using System.CommandLine;
using Fleet.Cli.Connection;
using Fleet.Cli.Output;
using Fleet.V1;

namespace Fleet.Cli.Commands;

/// <summary>`fleetctl get KIND [NAME]`.</summary>
internal static class GetCommand
{
    public static Command Create(Terminal terminal)
    {
        var kind = ResourceArguments.KindArgument();
        var name = new Argument<string?>("name") { Arity = ArgumentArity.ZeroOrOne };
        var format = GlobalOptions.OutputFormat("table", "wide", "json", "yaml", "name");
        var selector = new Option<string?>("--selector", "-l") { Description = "Label selector, such as env in (prod,staging)" };
        var cluster = new Option<string?>("--cluster") { Description = "Only of this cluster" };
        var assignment = new Option<string?>("--assignment") { Description = "Only of this Assignment" };
        var limit = new Option<int>("--limit") { Description = "At most so many; 0: all", DefaultValueFactory = _ => 0 };
        var watch = new Option<bool>("--watch", "-w") { Description = "Go on with every change" };
        var command = new Command("get", "Show resources") { kind, name, format, selector, cluster, assignment, limit, watch };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (wanted, one) = ResourceArguments.Parse(parsed.GetValue(kind)!, parsed.GetValue(name));
            using var hub = GlobalOptions.Connect(parsed, terminal);
            var request = new ListRequest
            {
                Kind = wanted,
                LabelSelector = parsed.GetValue(selector) ?? "",
                Cluster = parsed.GetValue(cluster) ?? "",
                Assignment = parsed.GetValue(assignment) ?? "",
            };
            if (parsed.GetValue(watch))
            {
                return await FollowAsync(terminal, hub, request, one, parsed.GetValue(format)!, cancellationToken);
            }

            var items = one is null
                ? await Listing.AllAsync(hub, request, parsed.GetValue(limit), cancellationToken)
                : [await hub.Api.GetAsync(new GetRequest { Kind = wanted, Name = one }, hub.Call(cancellationToken))];
            Print(terminal, parsed.GetValue(format)!, items, one is not null);
            return ExitCodes.Ok;
        });
        return command;
    }

    public static void Print(Terminal terminal, string format, IReadOnlyList<Resource> items, bool single)
    {
        switch (format)
        {
            case "json" or "yaml":
                ResourceJson.Print(terminal.Output, format, [.. items.Select(ResourceJson.Of)], single);
                break;
            case "name":
                foreach (var item in items)
                {
                    terminal.Output.WriteLine($"{item.Kind().ToLowerInvariant()}/{item.Meta().Name}");
                }

                break;
            default:
                if (items.Count == 0)
                {
                    terminal.Error.WriteLine("No resources found.");
                    break;
                }

                ResourceTable.Of(items, format == "wide", TimeProvider.System.GetUtcNow()).Print(terminal.Output);
                break;
        }
    }

    private static async Task<int> FollowAsync(Terminal terminal, HubConnection hub, ListRequest list, string? name, string format, CancellationToken cancellationToken)
    {
        using var call = hub.Api.Watch(
            new WatchRequest { Kind = list.Kind, LabelSelector = list.LabelSelector, Name = name ?? "", Cluster = list.Cluster, Assignment = list.Assignment },
            hub.Stream(cancellationToken));
        while (await call.ResponseStream.MoveNext(cancellationToken))
        {
            var change = call.ResponseStream.Current;
            if (change.Type == "BOOKMARK")
            {
                continue;
            }

            if (format is "json" or "yaml")
            {
                terminal.Output.Write(format == "yaml" ? "---\n" : "");
                ResourceJson.Print(terminal.Output, format, ResourceJson.Of(change.Resource));
            }
            else
            {
                var table = ResourceTable.Of([change.Resource], format == "wide", TimeProvider.System.GetUtcNow());
                terminal.Output.WriteLine($"{change.Type,-9} " + string.Join("   ", table.Rows[0]));
            }
        }

        return ExitCodes.Ok;
    }
}
