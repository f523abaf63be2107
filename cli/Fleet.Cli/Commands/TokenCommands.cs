using System.CommandLine;
using Fleet.Cli.Output;
using Fleet.V1;

namespace Fleet.Cli.Commands;

/// <summary>`fleetctl token create|list|revoke`.</summary>
internal static class TokenCommands
{
    public static Command Create(Terminal terminal) => new("token", "Enrollment tokens: what lets a cluster in")
    {
        CreateToken(terminal), List(terminal), Revoke(terminal),
    };

    private static Command CreateToken(Terminal terminal)
    {
        var name = new Argument<string?>("name") { Arity = ArgumentArity.ZeroOrOne, Description = "Name of the token; default: made up" };
        var clusters = new Option<string>("--clusters") { Description = "Glob over the names that clusters may take", DefaultValueFactory = _ => "*" };
        var labels = new Option<string[]>("--label", "-l") { Description = "Label that its clusters get, KEY=VALUE; may be given again", AllowMultipleArgumentsPerToken = true };
        var uses = new Option<int>("--uses") { Description = "How many clusters", DefaultValueFactory = _ => 1 };
        var ttl = new Option<string>("--ttl") { Description = "Lifetime", DefaultValueFactory = _ => "1h" };
        var approval = new Option<bool>("--require-approval") { Description = "Each cluster waits for fleetctl clusters approve" };
        var format = GlobalOptions.OutputFormat("table", "json", "yaml", "secret");
        var command = new Command("create", "Make a token; its secret is shown this once") { name, clusters, labels, uses, ttl, approval, format };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var spec = new EnrollmentTokenSpec
            {
                ClusterNames = parsed.GetValue(clusters)!,
                Uses = parsed.GetValue(uses),
                Ttl = parsed.GetValue(ttl)!,
                RequireApproval = parsed.GetValue(approval),
            };
            foreach (var label in parsed.GetValue(labels) ?? [])
            {
                var (key, value) = Labels.Split(label);
                spec.Labels[key] = value;
            }

            using var hub = GlobalOptions.Connect(parsed, terminal);
            var response = await hub.Api.CreateTokenAsync(new CreateTokenRequest { Name = parsed.GetValue(name) ?? "", Spec = spec }, hub.Call(cancellationToken));
            switch (parsed.GetValue(format))
            {
                case "json" or "yaml":
                    ResourceJson.Print(terminal.Output, parsed.GetValue(format)!, ResourceJson.Of(response));
                    break;
                case "secret":
                    terminal.Output.WriteLine(response.Secret);
                    break;
                default:
                    terminal.Output.WriteLine($"enrollmenttoken/{response.Token.Metadata.Name} created, for {spec.Uses} cluster{(spec.Uses == 1 ? "" : "s")} named {spec.ClusterNames}, within {spec.Ttl}");
                    terminal.Output.WriteLine($"secret (shown this once): {response.Secret}");
                    terminal.Output.WriteLine();
                    terminal.Output.WriteLine("Run beside a cluster:");
                    terminal.Output.WriteLine("  " + response.Command);
                    break;
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command List(Terminal terminal)
    {
        var format = GlobalOptions.OutputFormat("table", "wide", "json", "yaml");
        var command = new Command("list", "List tokens") { format };
        command.Aliases.Add("ls");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var hub = GlobalOptions.Connect(parsed, terminal);
            GetCommand.Print(terminal, parsed.GetValue(format)!, await Listing.AllAsync(hub, "EnrollmentToken", cancellationToken), false);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command Revoke(Terminal terminal)
    {
        var name = new Argument<string>("name");
        var command = new Command("revoke", "End a token now; clusters that it let in stay") { name };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var hub = GlobalOptions.Connect(parsed, terminal);
            await hub.Api.RevokeTokenAsync(new RevokeTokenRequest { Name = parsed.GetValue(name)! }, hub.Call(cancellationToken));
            terminal.Output.WriteLine($"enrollmenttoken/{parsed.GetValue(name)} revoked");
            return ExitCodes.Ok;
        });
        return command;
    }
}
