using System.CommandLine;
using Fleet.Cli.Commands;
using Fleet.Cli.Demo;
using Fleet.Cli.Output;

namespace Fleet.Cli;

/// <summary>The root command: what `fleetctl` knows, and how a failure becomes a message and an exit code.</summary>
public static class FleetCtl
{
    public static async Task<int> RunAsync(string[] args, TextWriter? output = null, TextWriter? error = null, CancellationToken cancellationToken = default)
    {
        var terminal = Terminal.Create(output, error);
        var root = Build(terminal);
        var configuration = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            Output = terminal.Output,
            Error = terminal.Error,
            ProcessTerminationTimeout = TimeSpan.FromSeconds(20),
        };
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var mistake in parsed.Errors)
            {
                terminal.Error.WriteLine("error: " + mistake.Message);
            }

            terminal.Error.WriteLine($"Run '{string.Join(' ', ["fleetctl", .. parsed.CommandResult.Path()])} --help' for its options.");
            return ExitCodes.Usage;
        }

        try
        {
            return await parsed.InvokeAsync(configuration, cancellationToken);
        }
        catch (Exception e) when (Failures.TryExplain(e, out var failure))
        {
            failure.Print(terminal);
            return failure.ExitCode;
        }
    }

    internal static RootCommand Build(Terminal terminal)
    {
        var root = new RootCommand("fleetctl drives a Fleet hub: Git sources and branches, mapped to groups of Kubernetes clusters.")
        {
            ApplyCommand.Create(terminal),
            GetCommand.Create(terminal),
            DescribeCommand.Create(terminal),
            DeleteCommand.Create(terminal),
            DiffCommand.Create(terminal),
            StatusCommand.Create(terminal),
            WatchCommand.Create(terminal),
            WaitCommand.Create(terminal),
            SyncCommand.Create(terminal),
            TokenCommands.Create(terminal),
            ClustersCommands.Create(terminal),
            HoldCommands.Create(terminal),
            SettleHoldCommands.Release(terminal),
            SettleHoldCommands.Refuse(terminal),
            SuspendCommands.Suspend(terminal),
            SuspendCommands.Resume(terminal),
            AuthorityCommands.Create(terminal),
            AgentsCommands.Create(terminal),
            CredentialCommands.Create(terminal),
            ApiKeyCommands.Create(terminal),
            LoginCommand.Create(terminal),
            ContextCommands.Create(terminal),
            VersionCommand.Create(terminal),
            CompletionCommand.Create(terminal),
            DemoCommand.Create(terminal),
        };
        GlobalOptions.AddTo(root);
        return root;
    }

    private static IEnumerable<string> Path(this System.CommandLine.Parsing.CommandResult result)
    {
        var names = new Stack<string>();
        for (var at = result; at?.Parent is System.CommandLine.Parsing.CommandResult parent; at = parent)
        {
            names.Push(at.Command.Name);
        }

        return names;
    }
}
