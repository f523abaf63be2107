using System.CommandLine;
using System.Globalization;
using Fleet.Cli.Output;
using Fleet.V1;

namespace Fleet.Cli.Commands;

/// <summary>`fleetctl agents upgrade|status|resume|cancel`: newer agents for clusters, some at a time.</summary>
internal static class AgentsCommands
{
    public static Command Create(Terminal terminal) => new("agents", "Upgrade the agents of clusters")
    {
        Upgrade(terminal),
        Status(terminal),
        Settle(terminal, "resume", "Go on with a paused upgrade", cancel: false),
        Settle(terminal, "cancel", "End an upgrade: clusters whose turn has not come keep their agents", cancel: true),
    };

    private static Command Upgrade(Terminal terminal)
    {
        var image = new Option<string>("--image") { Description = "the new agent's image; each cluster's chart says which it takes", Required = true };
        var version = new Option<string>("--version") { Description = "the version that the image holds", Required = true };
        var groups = new Option<string[]>("--group") { Description = "a ClusterGroup; may be repeated" };
        var clusters = new Option<string[]>("--cluster") { Description = "a Cluster; may be repeated" };
        var all = new Option<bool>("--all") { Description = "every cluster" };
        var wave = new Option<string>("--wave") { Description = "how many at once: a number or a percentage; default 10%" };
        var within = new Option<string>("--within") { Description = "how long a new agent may take to connect; default 5m" };
        var command = new Command("upgrade", "Replace agents; the old one stays until the new one has connected, and goes on when it has not") { image, version, groups, clusters, all, wave, within };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var hub = GlobalOptions.Connect(parsed, terminal);
            var request = new UpgradeAgentsRequest
            {
                Image = parsed.GetValue(image)!,
                Version = parsed.GetValue(version)!,
                All = parsed.GetValue(all),
                Wave = parsed.GetValue(wave) ?? "",
                ConnectWithin = parsed.GetValue(within) ?? "",
            };
            request.Groups.Add(parsed.GetValue(groups) ?? []);
            request.Clusters.Add(parsed.GetValue(clusters) ?? []);
            var upgrade = await hub.Api.UpgradeAgentsAsync(request, hub.Call(cancellationToken));
            terminal.Output.WriteLine($"agentupgrade/{upgrade.Id}: {upgrade.Clusters.Count} cluster{(upgrade.Clusters.Count == 1 ? "" : "s")} to {upgrade.Version}, {upgrade.Wave} at once; see fleetctl agents status {upgrade.Id}");
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command Status(Terminal terminal)
    {
        var id = new Argument<string?>("id") { Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("status", "Show upgrades, or the clusters of one") { id };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var hub = GlobalOptions.Connect(parsed, terminal);
            var response = await hub.Api.ListAgentUpgradesAsync(new ListAgentUpgradesRequest { Id = parsed.GetValue(id) ?? "" }, hub.Call(cancellationToken));
            if (response.Upgrades.Count == 0)
            {
                terminal.Output.WriteLine(parsed.GetValue(id) is { } one ? $"there is no upgrade {one}" : "there are no upgrades");
                return ExitCodes.Ok;
            }

            foreach (var upgrade in response.Upgrades)
            {
                int Count(AgentUpgradeState state) => upgrade.Clusters.Count(c => c.State == state);
                var standing = upgrade.EndedTime is not null ? "ended" : upgrade.Paused ? "paused" : "under way";
                terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{upgrade.Id}  {upgrade.Version}  {standing}  {Count(AgentUpgradeState.Done)} of {upgrade.Clusters.Count} done, {Count(AgentUpgradeState.Ordered)} under way, {Count(AgentUpgradeState.Failed)} failed  {upgrade.Message}").TrimEnd());
                foreach (var cluster in upgrade.Clusters.Where(_ => parsed.GetValue(id) is not null))
                {
                    terminal.Output.WriteLine($"  {cluster.Name}  {cluster.State}  {cluster.Message}".TrimEnd());
                }
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command Settle(Terminal terminal, string verb, string description, bool cancel)
    {
        var id = new Argument<string>("id");
        var command = new Command(verb, description) { id };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var hub = GlobalOptions.Connect(parsed, terminal);
            var upgrade = await hub.Api.SettleAgentUpgradeAsync(new SettleAgentUpgradeRequest { Id = parsed.GetValue(id)!, Cancel = cancel }, hub.Call(cancellationToken));
            terminal.Output.WriteLine($"agentupgrade/{upgrade.Id} {(cancel ? "ended" : "goes on")}");
            return ExitCodes.Ok;
        });
        return command;
    }
}
