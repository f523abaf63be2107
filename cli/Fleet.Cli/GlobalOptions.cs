using System.CommandLine;
using Fleet.Cli.Connection;
using Fleet.Cli.Output;

namespace Fleet.Cli;

/// <summary>Options that every command takes.</summary>
internal static class GlobalOptions
{
    public static readonly Option<string?> Context = new("--context") { Description = "Context to use instead of the current one", Recursive = true };
    public static readonly Option<string?> Hub = new("--hub") { Description = "Hub address, https://host:port (or FLEET_HUB)", Recursive = true };
    public static readonly Option<string?> Key = new("--key") { Description = "API key (better: FLEET_API_KEY, which no process list shows)", Recursive = true };
    public static readonly Option<string?> CaFile = new("--ca-file") { Description = "PEM file with the hub's CA (or FLEET_CA_FILE)", Recursive = true };
    public static readonly Option<bool> NoInteractive = new("--no-interactive") { Description = "Never ask; no spinners, no colour", Recursive = true };
    public static readonly Option<string> Timeout = new("--request-timeout") { Description = "Time limit of one call to the hub", DefaultValueFactory = _ => "30s", Recursive = true };

    public static void AddTo(RootCommand root)
    {
        root.Add(Context);
        root.Add(Hub);
        root.Add(Key);
        root.Add(CaFile);
        root.Add(NoInteractive);
        root.Add(Timeout);
        Context.CompletionSources.Add(_ => ContextFile.Load().Contexts.Keys.Select(k => new System.CommandLine.Completions.CompletionItem(k)));
    }

    /// <summary>-o for commands that print resources.</summary>
    public static Option<string> OutputFormat(params string[] formats)
    {
        var option = new Option<string>("--output", "-o")
        {
            Description = string.Join(" | ", formats),
            DefaultValueFactory = _ => formats[0],
            HelpName = "FORMAT",
        };
        option.AcceptOnlyFromAmong(formats);
        return option;
    }

    public static HubConnection Connect(ParseResult parsed, Terminal terminal)
    {
        if (parsed.GetValue(NoInteractive))
        {
            terminal.Interactive = false;
        }

        return HubConnection.Open(HubSettings.Resolve(
            ContextFile.Load(), parsed.GetValue(Context), parsed.GetValue(Hub), parsed.GetValue(Key), parsed.GetValue(CaFile),
            Durations.Parse(parsed.GetValue(Timeout)!, "--request-timeout")));
    }
}
