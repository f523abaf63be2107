using System.CommandLine;
using Fleet.Cli.Connection;
using Fleet.Cli.Output;
using Fleet.V1;

namespace Fleet.Cli.Commands;

/// <summary>`fleetctl login HUB`: checks the hub's certificate and the key, then stores both as a context.</summary>
internal static class LoginCommand
{
    public static Command Create(Terminal terminal)
    {
        var address = new Argument<string>("hub") { Description = "https://host:port" };
        var name = new Option<string?>("--name") { Description = "Name of the context; default: the host" };
        var pin = new Option<string?>("--ca-pin") { Description = "sha256:… of the hub's CA, as the hub printed it" };
        var command = new Command("login", "Check a hub and a key, and keep them as the current context") { address, name, pin };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var uri = HubSettings.Address(parsed.GetValue(address)!);
            var key = parsed.GetValue(GlobalOptions.Key) ?? Environment.GetEnvironmentVariable("FLEET_API_KEY");
            if (string.IsNullOrEmpty(key))
            {
                key = terminal.Interactive && !parsed.GetValue(GlobalOptions.NoInteractive)
                    ? terminal.AskSecret("API key:")
                    : throw new UsageException("no API key: give FLEET_API_KEY or --key. The hub printed the first one when it first started.");
            }

            var caFile = parsed.GetValue(GlobalOptions.CaFile) ?? Environment.GetEnvironmentVariable("FLEET_CA_FILE");
            var ca = string.IsNullOrEmpty(caFile) ? null : await File.ReadAllTextAsync(caFile, cancellationToken);
            var pinned = parsed.GetValue(pin);
            var timeout = Durations.Parse(parsed.GetValue(GlobalOptions.Timeout)!, "--request-timeout");
            if (pinned is not null)
            {
                ca = await HubTrust.FetchPinnedAsync(uri, pinned, timeout, cancellationToken);
            }

            using var hub = HubConnection.Open(new HubSettings(uri, ca, key, timeout));
            var version = await hub.Api.GetVersionAsync(new GetVersionRequest(), hub.Call(cancellationToken));

            var file = ContextFile.Load();
            var context = parsed.GetValue(name) ?? uri.Host;
            file.Contexts[context] = new HubContext { Hub = uri.ToString().TrimEnd('/'), Ca = ca, Key = key };
            file.Current = context;
            file.Save();
            terminal.Output.WriteLine($"logged in to {uri} (fleet-hub {version.Version}); context '{context}' is the current one");
            return ExitCodes.Ok;
        });
        return command;
    }
}
