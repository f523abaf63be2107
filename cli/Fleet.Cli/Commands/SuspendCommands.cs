using System.CommandLine;
using Fleet.Cli.Output;
using Fleet.V1;

namespace Fleet.Cli.Commands;

/// <summary>`fleetctl suspend` and `fleetctl resume`: break-glass over a cluster or an Assignment.</summary>
internal static class SuspendCommands
{
    public static Command Suspend(Terminal terminal)
    {
        var kind = new Argument<string>("kind") { Description = "cluster or assignment (or KIND/NAME)" };
        var name = new Argument<string?>("name") { Arity = ArgumentArity.ZeroOrOne };
        var time = new Option<string>("--for") { Description = "Such as 1h; it ends by itself then. Required, unless --until-resumed" };
        var open = new Option<bool>("--until-resumed") { Description = "Until somebody runs fleetctl resume" };
        var reason = new Option<string>("--reason") { Description = "Shown to everybody who finds it suspended", Required = true };
        var command = new Command("suspend", "Break-glass: have agents leave a cluster or an assignment as it is, for a stated time") { kind, name, time, open, reason };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (wanted, one) = Subject(parsed.GetValue(kind)!, parsed.GetValue(name), "suspend");
            if (string.IsNullOrEmpty(parsed.GetValue(time)) != parsed.GetValue(open))
            {
                throw new UsageException("say for how long: --for 1h; or --until-resumed");
            }

            using var hub = GlobalOptions.Connect(parsed, terminal);
            var request = new SuspendRequest { Kind = wanted, Name = one, For = parsed.GetValue(time) ?? "", Reason = parsed.GetValue(reason)! };
            var resource = await hub.Api.SuspendAsync(request, hub.Call(cancellationToken));
            terminal.Output.WriteLine($"{wanted.ToLowerInvariant()}/{one} suspended{(Until(resource) is { } until ? $" until {until:u}" : " until it is resumed")}");
            return ExitCodes.Ok;
        });
        return command;
    }

    public static Command Resume(Terminal terminal)
    {
        var kind = new Argument<string>("kind") { Description = "cluster or assignment (or KIND/NAME)" };
        var name = new Argument<string?>("name") { Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("resume", "End a suspension now") { kind, name };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (wanted, one) = Subject(parsed.GetValue(kind)!, parsed.GetValue(name), "resume");
            using var hub = GlobalOptions.Connect(parsed, terminal);
            await hub.Api.ResumeAsync(new ResumeRequest { Kind = wanted, Name = one }, hub.Call(cancellationToken));
            terminal.Output.WriteLine($"{wanted.ToLowerInvariant()}/{one} resumed");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static (string Kind, string Name) Subject(string kind, string? name, string verb)
    {
        var (wanted, one) = ResourceArguments.Parse(kind, name);
        return wanted is not ("Cluster" or "Assignment") ? throw new UsageException($"a {wanted} cannot be {verb}d; write cluster or assignment")
            : one is null ? throw new UsageException($"name the {wanted} to {verb}")
            : (wanted, one);
    }

    private static DateTimeOffset? Until(Resource resource) =>
        (resource.KindCase == Resource.KindOneofCase.Cluster ? resource.Cluster.Spec?.SuspendUntil : resource.Assignment?.Spec?.SuspendUntil)?.ToDateTimeOffset();
}
