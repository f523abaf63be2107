using System.CommandLine;
using Fleet.Cli.Output;
using Fleet.V1;

namespace Fleet.Cli.Commands;

/// <summary>`fleetctl apikey create|list|revoke`.</summary>
internal static class ApiKeyCommands
{
    public static Command Create(Terminal terminal) => new("apikey", "API keys for people and pipelines")
    {
        CreateKey(terminal), List(terminal), Revoke(terminal),
    };

    private static Command CreateKey(Terminal terminal)
    {
        var name = new Argument<string>("name");
        var role = new Option<string>("--role") { Description = "admin, operator (all but keys and credentials) or viewer", DefaultValueFactory = _ => "viewer" };
        role.AcceptOnlyFromAmong("admin", "operator", "viewer");
        var ttl = new Option<string?>("--ttl") { Description = "Lifetime; default: until revoked" };
        var format = GlobalOptions.OutputFormat("table", "json", "yaml", "secret");
        var command = new Command("create", "Make a key; it is shown this once") { name, role, ttl, format };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var hub = GlobalOptions.Connect(parsed, terminal);
            var request = new CreateApiKeyRequest { Name = parsed.GetValue(name)!, Role = parsed.GetValue(role)!, Ttl = parsed.GetValue(ttl) ?? "" };
            var response = await hub.Api.CreateApiKeyAsync(request, hub.Call(cancellationToken));
            switch (parsed.GetValue(format))
            {
                case "json" or "yaml":
                    ResourceJson.Print(terminal.Output, parsed.GetValue(format)!, ResourceJson.Of(response));
                    break;
                case "secret":
                    terminal.Output.WriteLine(response.Secret);
                    break;
                default:
                    terminal.Output.WriteLine($"apikey/{response.Key.Name} created ({response.Key.Role})");
                    terminal.Output.WriteLine($"key (shown this once): {response.Secret}");
                    break;
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command List(Terminal terminal)
    {
        var format = GlobalOptions.OutputFormat("table", "json", "yaml");
        var command = new Command("list", "List keys (never their secrets)") { format };
        command.Aliases.Add("ls");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var hub = GlobalOptions.Connect(parsed, terminal);
            var response = await hub.Api.ListApiKeysAsync(new ListApiKeysRequest(), hub.Call(cancellationToken));
            if (parsed.GetValue(format) is "json" or "yaml")
            {
                ResourceJson.Print(terminal.Output, parsed.GetValue(format)!, ResourceJson.Of(response));
                return ExitCodes.Ok;
            }

            var now = TimeProvider.System.GetUtcNow();
            var table = new TextTable("NAME", "ROLE", "AGE", "LAST USED", "EXPIRES", "STATE");
            foreach (var key in response.Keys)
            {
                var expired = key.ExpiryTime is not null && key.ExpiryTime.ToDateTimeOffset() < now;
                table.Add(key.Name, key.Role, ResourceTable.Age(key.CreationTime, now), ResourceTable.Age(key.LastUsedTime, now),
                    key.ExpiryTime is null ? "never" : key.ExpiryTime.ToDateTimeOffset().ToString("u"), key.Revoked ? "Revoked" : expired ? "Expired" : "Active");
            }

            table.Print(terminal.Output);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command Revoke(Terminal terminal)
    {
        var name = new Argument<string>("name");
        var command = new Command("revoke", "End a key now") { name };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var hub = GlobalOptions.Connect(parsed, terminal);
            await hub.Api.RevokeApiKeyAsync(new RevokeApiKeyRequest { Name = parsed.GetValue(name)! }, hub.Call(cancellationToken));
            terminal.Output.WriteLine($"apikey/{parsed.GetValue(name)} revoked");
            return ExitCodes.Ok;
        });
        return command;
    }
}
