using System.CommandLine;
using Fleet.Cli.Output;
using Fleet.V1;

namespace Fleet.Cli.Commands;

/// <summary>`fleetctl diff`: what Assignments would change in the clusters, by dry runs there. Exits 1 when there are differences, as kubectl diff does.</summary>
internal static class DiffCommand
{
    public static Command Create(Terminal terminal)
    {
        var files = ApplyCommand.FilesOption();
        files.Required = false;
        var name = new Argument<string?>("assignment") { Arity = ArgumentArity.ZeroOrOne, Description = "An Assignment as it stands (instead of -f)" };
        var revision = new Option<string?>("--ref") { Description = "Another branch, tag or commit than the Assignment's" };
        var clusters = new Option<string[]>("--cluster") { Description = "Ask only this cluster; may be given again", AllowMultipleArgumentsPerToken = true };
        var format = GlobalOptions.OutputFormat("table", "json", "yaml");
        var command = new Command("diff", "Show what an Assignment would change, by dry runs in connected clusters; exit 1 when something would") { name, files, revision, clusters, format };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var request = new DiffRequest { Ref = parsed.GetValue(revision) ?? "" };
            request.Clusters.AddRange(parsed.GetValue(clusters) ?? []);
            if (parsed.GetValue(files) is { Length: > 0 } named)
            {
                request.Files.AddRange(await SourceFiles.ReadAsync(named, false, cancellationToken));
            }
            else
            {
                request.Assignments.Add(ResourceArguments.Parse("assignment", parsed.GetValue(name)).Name
                    ?? throw new UsageException("name an Assignment, or give files with -f"));
            }

            using var hub = GlobalOptions.Connect(parsed, terminal);
            var response = await terminal.BusyAsync("asking the clusters", () => hub.Api.DiffAsync(request, hub.Call(cancellationToken, TimeSpan.FromMinutes(2))).ResponseAsync);
            if (parsed.GetValue(format) is "json" or "yaml")
            {
                ResourceJson.Print(terminal.Output, parsed.GetValue(format)!, ResourceJson.Of(response));
            }
            else
            {
                Print(terminal, response);
            }

            if (response.Diffs.Any(d => d.Error.Length > 0 || d.Preview?.Errors.Count > 0))
            {
                return ExitCodes.InvalidInput;
            }

            return response.Joining.Count + response.Leaving.Count > 0 || response.Diffs.Any(d => d.Preview?.Changes.Count > 0) ? ExitCodes.Failed : ExitCodes.Ok;
        });
        return command;
    }

    private static void Print(Terminal terminal, DiffResponse response)
    {
        var output = terminal.Output;
        foreach (var joining in response.Joining)
        {
            output.WriteLine($"+ cluster {joining} would get it");
        }

        foreach (var leaving in response.Leaving)
        {
            output.WriteLine($"- cluster {leaving} would lose it");
        }

        foreach (var diff in response.Diffs)
        {
            output.WriteLine($"{diff.Assignment} in {diff.Cluster} at {ResourceTable.Short(diff.Revision)}:");
            if (diff.Error.Length > 0)
            {
                output.WriteLine("  ! " + diff.Error);
                continue;
            }

            foreach (var error in diff.Preview.Errors)
            {
                output.WriteLine("  ! " + error);
            }

            foreach (var change in diff.Preview.Changes)
            {
                var sign = change.Action switch { "Create" => "+", "Prune" => "-", "Update" => "~", _ => "!" };
                output.WriteLine($"  {sign} {change.Kind} {(change.Namespace.Length > 0 ? change.Namespace + "/" : "")}{change.Name}{(change.Message.Length > 0 ? $" ({change.Action}: {change.Message})" : "")}");
                foreach (var field in change.Fields)
                {
                    output.WriteLine($"      {field.Field}: {ResourceTable.Dash(field.Actual)} -> {ResourceTable.Dash(field.Expected)}");
                }
            }

            output.WriteLine($"  {diff.Preview.Unchanged} unchanged{(diff.Preview.Truncated ? "; the list is cut" : "")}");
        }

        if (response.Diffs.Count == 0)
        {
            terminal.Error.WriteLine("No connected cluster could be asked.");
        }
    }
}
