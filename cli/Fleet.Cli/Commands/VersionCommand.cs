using System.CommandLine;
using System.Reflection;
using System.Text.Json.Nodes;
using Fleet.Cli.Output;
using Fleet.V1;

namespace Fleet.Cli.Commands;

/// <summary>`fleetctl version`: of fleetctl, and of the hub where one is known.</summary>
internal static class VersionCommand
{
    public static string Own { get; } =
        typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";

    public static Command Create(Terminal terminal)
    {
        var client = new Option<bool>("--client") { Description = "Do not ask the hub" };
        var format = GlobalOptions.OutputFormat("table", "json", "yaml");
        var command = new Command("version", "Print versions of fleetctl and the hub") { client, format };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            VersionResponse? hubVersion = null;
            if (!parsed.GetValue(client))
            {
                using var hub = GlobalOptions.Connect(parsed, terminal);
                hubVersion = await hub.Api.GetVersionAsync(new GetVersionRequest(), hub.Call(cancellationToken));
            }

            if (parsed.GetValue(format) is "json" or "yaml")
            {
                var node = new JsonObject { ["client"] = Own };
                if (hubVersion is not null)
                {
                    node["hub"] = ResourceJson.Of(hubVersion);
                }

                ResourceJson.Print(terminal.Output, parsed.GetValue(format)!, node);
                return ExitCodes.Ok;
            }

            terminal.Output.WriteLine($"fleetctl   {Own}");
            if (hubVersion is not null)
            {
                terminal.Output.WriteLine($"fleet-hub  {hubVersion.Version}  (protocol {hubVersion.ProtocolMin} to {hubVersion.ProtocolMax}, {hubVersion.Database})");
            }

            return ExitCodes.Ok;
        });
        return command;
    }
}
