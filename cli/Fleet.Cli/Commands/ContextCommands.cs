using System.CommandLine;
using Fleet.Cli.Connection;
using Fleet.Cli.Output;

namespace Fleet.Cli.Commands;

/// <summary>`fleetctl context list|use|remove`.</summary>
internal static class ContextCommands
{
    public static Command Create(Terminal terminal) => new("context", "The hubs that fleetctl knows")
    {
        List(terminal), Use(terminal), Remove(terminal),
    };

    private static Command List(Terminal terminal)
    {
        var command = new Command("list", "List contexts");
        command.Aliases.Add("ls");
        command.SetAction(_ =>
        {
            var file = ContextFile.Load();
            var table = new TextTable("CURRENT", "NAME", "HUB");
            foreach (var (name, context) in file.Contexts)
            {
                table.Add(name == file.Current ? "*" : "", name, context.Hub);
            }

            table.Print(terminal.Output);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command Use(Terminal terminal)
    {
        var name = new Argument<string>("name");
        name.CompletionSources.Add(_ => ContextFile.Load().Contexts.Keys.Select(k => new System.CommandLine.Completions.CompletionItem(k)));
        var command = new Command("use", "Make a context the current one") { name };
        command.SetAction(parsed =>
        {
            var file = ContextFile.Load();
            if (!file.Contexts.ContainsKey(parsed.GetValue(name)!))
            {
                throw new FailureException($"there is no context '{parsed.GetValue(name)}'", ExitCodes.NotFound, "Known: " + string.Join(", ", file.Contexts.Keys));
            }

            file.Current = parsed.GetValue(name);
            file.Save();
            terminal.Output.WriteLine($"context '{file.Current}' is the current one");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command Remove(Terminal terminal)
    {
        var name = new Argument<string>("name");
        var command = new Command("remove", "Forget a context and its key") { name };
        command.SetAction(parsed =>
        {
            var file = ContextFile.Load();
            if (!file.Contexts.Remove(parsed.GetValue(name)!))
            {
                throw new FailureException($"there is no context '{parsed.GetValue(name)}'", ExitCodes.NotFound);
            }

            file.Current = file.Current == parsed.GetValue(name) ? null : file.Current;
            file.Save();
            terminal.Output.WriteLine($"context '{parsed.GetValue(name)}' removed");
            return ExitCodes.Ok;
        });
        return command;
    }
}
