using System.CommandLine;
using Fleet.Cli.Output;
using Fleet.V1;

namespace Fleet.Cli.Commands;

/// <summary>`fleetctl credential set|list|delete`: what the hub opens Git repositories with. Secrets come from files or standard input, never from the command line.</summary>
internal static class CredentialCommands
{
    public static Command Create(Terminal terminal) => new("credential", "Git credentials; sealed in the hub, never shown again")
    {
        Set(terminal), List(terminal), Delete(terminal),
    };

    private static Command Set(Terminal terminal)
    {
        var name = new Argument<string>("name");
        var username = new Option<string?>("--username") { Description = "User name (for a token: what the server wants, often any)" };
        var passwordStdin = new Option<bool>("--password-stdin") { Description = "Read the password or token from standard input" };
        var sshKey = new Option<string?>("--ssh-key") { Description = "File with a private key" };
        var knownHosts = new Option<string?>("--known-hosts") { Description = "File with the server's known_hosts lines; needed with --ssh-key" };
        var command = new Command("set", "Store or replace a credential") { name, username, passwordStdin, sshKey, knownHosts };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var request = new SetCredentialRequest { Name = parsed.GetValue(name)!, Username = parsed.GetValue(username) ?? "" };
            if (parsed.GetValue(sshKey) is { } keyFile)
            {
                request.Type = "ssh";
                request.PrivateKey = await File.ReadAllTextAsync(keyFile, cancellationToken);
                request.KnownHosts = await File.ReadAllTextAsync(
                    parsed.GetValue(knownHosts) ?? throw new UsageException("--ssh-key needs --known-hosts: without it nobody would notice another server in between. Make it with: ssh-keyscan HOST"), cancellationToken);
            }
            else if (parsed.GetValue(passwordStdin))
            {
                request.Type = "basic";
                request.Password = (await Console.In.ReadToEndAsync(cancellationToken)).TrimEnd('\r', '\n');
            }
            else if (terminal.Interactive)
            {
                request.Type = "basic";
                request.Password = terminal.AskSecret("Password or token:");
            }
            else
            {
                throw new UsageException("give --password-stdin, or --ssh-key with --known-hosts");
            }

            using var hub = GlobalOptions.Connect(parsed, terminal);
            var stored = await hub.Api.SetCredentialAsync(request, hub.Call(cancellationToken));
            terminal.Output.WriteLine($"credential/{stored.Name} set ({stored.Type})");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command List(Terminal terminal)
    {
        var format = GlobalOptions.OutputFormat("table", "json", "yaml");
        var command = new Command("list", "List credentials (names only)") { format };
        command.Aliases.Add("ls");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var hub = GlobalOptions.Connect(parsed, terminal);
            var response = await hub.Api.ListCredentialsAsync(new ListCredentialsRequest(), hub.Call(cancellationToken));
            if (parsed.GetValue(format) is "json" or "yaml")
            {
                ResourceJson.Print(terminal.Output, parsed.GetValue(format)!, ResourceJson.Of(response));
                return ExitCodes.Ok;
            }

            var table = new TextTable("NAME", "TYPE", "USERNAME", "CHANGED");
            foreach (var credential in response.Credentials)
            {
                table.Add(credential.Name, credential.Type, ResourceTable.Dash(credential.Username), ResourceTable.Age(credential.ChangeTime, TimeProvider.System.GetUtcNow()));
            }

            table.Print(terminal.Output);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command Delete(Terminal terminal)
    {
        var name = new Argument<string>("name");
        var command = new Command("delete", "Delete a credential; sources that name it stop polling, and say so") { name };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var hub = GlobalOptions.Connect(parsed, terminal);
            await hub.Api.DeleteCredentialAsync(new DeleteCredentialRequest { Name = parsed.GetValue(name)! }, hub.Call(cancellationToken));
            terminal.Output.WriteLine($"credential/{parsed.GetValue(name)} deleted");
            return ExitCodes.Ok;
        });
        return command;
    }
}
