using System.CommandLine;
using System.Text.Json.Nodes;
using Fleet.Cli.Output;

namespace Fleet.Cli.Commands;

/// <summary>`fleetctl status`: the fleet on one page; exit 1 when something is not well and --exit-code is given.</summary>
internal static class StatusCommand
{
    public static Command Create(Terminal terminal)
    {
        var format = GlobalOptions.OutputFormat("table", "json", "yaml");
        var exitCode = new Option<bool>("--exit-code") { Description = "Exit 1 unless everything is ready and connected" };
        var command = new Command("status", "The fleet on one page: assignments, clusters that are not well, what waits for an operator") { format, exitCode };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var hub = GlobalOptions.Connect(parsed, terminal);
            var overview = await FleetOverview.ReadAsync(hub, cancellationToken);
            if (parsed.GetValue(format) is "json" or "yaml")
            {
                ResourceJson.Print(terminal.Output, parsed.GetValue(format)!, new JsonObject
                {
                    ["well"] = overview.Well,
                    ["sources"] = new JsonArray([.. overview.Sources.Select(ResourceJson.Of)]),
                    ["assignments"] = new JsonArray([.. overview.Assignments.Select(ResourceJson.Of)]),
                    ["clusters"] = new JsonArray([.. overview.Clusters.Select(ResourceJson.Of)]),
                    ["holds"] = new JsonArray([.. overview.Holds.Select(ResourceJson.Of)]),
                    ["incidents"] = new JsonArray([.. overview.Incidents.Select(ResourceJson.Of)]),
                });
            }
            else
            {
                overview.Print(terminal.Output);
            }

            return parsed.GetValue(exitCode) && !overview.Well ? ExitCodes.Failed : ExitCodes.Ok;
        });
        return command;
    }
}
