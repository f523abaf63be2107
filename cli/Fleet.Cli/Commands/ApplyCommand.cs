using System.CommandLine;
using Fleet.Cli.Output;
using Fleet.V1;

namespace Fleet.Cli.Commands;

/// <summary>`fleetctl apply -f`: all of the files' resources, or none.</summary>
internal static class ApplyCommand
{
    public static Command Create(Terminal terminal)
    {
        var files = FilesOption();
        var recursive = new Option<bool>("--recursive", "-R") { Description = "Folders with their subfolders" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Check only; nothing is stored" };
        var format = GlobalOptions.OutputFormat("table", "json", "yaml");
        var command = new Command("apply", "Store GitSources, ClusterGroups and Assignments from YAML or JSON; all of them, or none") { files, recursive, dryRun, format };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var request = new ApplyRequest { DryRun = parsed.GetValue(dryRun) };
            request.Files.AddRange(await SourceFiles.ReadAsync(parsed.GetValue(files)!, parsed.GetValue(recursive), cancellationToken));
            using var hub = GlobalOptions.Connect(parsed, terminal);
            var response = await terminal.BusyAsync("applying", () => hub.Api.ApplyAsync(request, hub.Call(cancellationToken)).ResponseAsync);
            if (parsed.GetValue(format) is "json" or "yaml")
            {
                ResourceJson.Print(terminal.Output, parsed.GetValue(format)!, [.. response.Results.Select(r => ResourceJson.Of(r.Resource))], response.Results.Count == 1);
                return ExitCodes.Ok;
            }

            foreach (var result in response.Results)
            {
                terminal.Output.WriteLine($"{result.Resource.Kind().ToLowerInvariant()}/{result.Resource.Meta().Name} {result.Action}{(request.DryRun ? " (dry run)" : "")}");
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    public static Option<string[]> FilesOption() => new("--filename", "-f")
    {
        Description = "File, folder, or - for standard input; may be given again",
        Required = true,
        AllowMultipleArgumentsPerToken = true,
    };
}
