using Fleet.Cli.Connection;
using Fleet.Cli.Output;
using Fleet.V1;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Fleet.Cli.Commands;

/// <summary>The whole fleet at one moment: sources, assignments, clusters, and what waits for an operator.</summary>
internal sealed record FleetOverview(
    IReadOnlyList<GitSource> Sources, IReadOnlyList<Assignment> Assignments, IReadOnlyList<Cluster> Clusters,
    IReadOnlyList<Hold> Holds, IReadOnlyList<Incident> Incidents, DateTimeOffset Now)
{
    public static async Task<FleetOverview> ReadAsync(HubConnection hub, CancellationToken cancellationToken)
    {
        var sources = Listing.AllAsync(hub, "GitSource", cancellationToken);
        var assignments = Listing.AllAsync(hub, "Assignment", cancellationToken);
        var clusters = Listing.AllAsync(hub, "Cluster", cancellationToken);
        var holds = Listing.AllAsync(hub, "Hold", cancellationToken);
        var incidents = Listing.AllAsync(hub, "Incident", cancellationToken);
        await Task.WhenAll(sources, assignments, clusters, holds, incidents);
        return new FleetOverview(
            [.. (await sources).Select(r => r.GitSource)],
            [.. (await assignments).Select(r => r.Assignment)],
            [.. (await clusters).Select(r => r.Cluster)],
            [.. (await holds).Select(r => r.Hold)],
            [.. (await incidents).Select(r => r.Incident).Where(i => i.ReleasedTime is null)],
            TimeProvider.System.GetUtcNow());
    }

    /// <summary>Nothing is failed, offline, held or in an incident, and every Assignment is ready.</summary>
    public bool Well => Holds.Count == 0 && Incidents.Count == 0
        && Assignments.All(a => ResourceTable.Ready(a.Status?.Conditions) == "True")
        && Clusters.All(c => c.Status?.State == "Connected");

    public void Print(TextWriter output)
    {
        var states = Clusters.GroupBy(c => c.Status?.State ?? "Unknown").OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Count()} {g.Key}");
        output.WriteLine($"Clusters: {Clusters.Count} ({(Clusters.Count == 0 ? "none enrolled" : string.Join(", ", states))})");
        foreach (var source in Sources.Where(s => ResourceTable.Ready(s.Status?.Conditions) == "False"))
        {
            output.WriteLine($"Source {source.Metadata.Name}: {ResourceTable.ReadyMessage(source.Status.Conditions)}");
        }

        if (Holds.Count > 0)
        {
            output.WriteLine($"Holds: {Holds.Count} wait for an operator (fleetctl get holds)");
        }

        foreach (var incident in Incidents)
        {
            output.WriteLine($"Incident {incident.Metadata.Name}: {incident.Message}");
        }

        foreach (var (subject, message) in Suspended)
        {
            output.WriteLine($"{subject}: {message}");
        }

        output.WriteLine();
        if (Assignments.Count == 0)
        {
            output.WriteLine("No Assignments. Write one (docs/quickstart.md) and: fleetctl apply -f FILE");
        }
        else
        {
            AssignmentTable().Print(output);
        }

        var unwell = Clusters.Where(c => c.Status?.State != "Connected" || (c.Status.Counts is { } n && n.Ready < n.Clusters)).ToList();
        if (unwell.Count > 0)
        {
            output.WriteLine();
            ClusterTable(unwell.Take(50)).Print(output);
            if (unwell.Count > 50)
            {
                output.WriteLine($"… and {unwell.Count - 50} more: fleetctl get clusters");
            }
        }
    }

    /// <summary>What is left as it is by an operator's word, and until when.</summary>
    private IEnumerable<(string Subject, string Message)> Suspended =>
        Clusters.Select(c => ($"Cluster {c.Metadata.Name}", Message(c.Status?.Conditions)))
            .Concat(Assignments.Select(a => ($"Assignment {a.Metadata.Name}", Message(a.Status?.Conditions))))
            .Where(one => one.Item2.Length > 0);

    private static string Message(IEnumerable<Condition>? conditions) => conditions?.FirstOrDefault(c => c is { Type: "Suspended", Status: "True" })?.Message ?? "";

    public IRenderable Render() => new Rows(
        new Markup($"[bold]Fleet[/]  {Now.ToLocalTime():HH:mm:ss}  {(Well ? "[green]all well[/]" : "[yellow]not all well[/]")}"),
        Styled(AssignmentTable()), Styled(ClusterTable(Clusters.Take(60))));

    private TextTable AssignmentTable()
    {
        var table = new TextTable("ASSIGNMENT", "READY", "PROGRESSING", "FAILED", "DRIFTED", "OFFLINE", "REVISION", "MESSAGE");
        foreach (var assignment in Assignments)
        {
            var counts = assignment.Status?.Counts ?? new RollupCounts();
            table.Add(assignment.Metadata.Name, $"{counts.Ready}/{counts.Clusters}", $"{counts.Progressing + counts.Waiting}", $"{counts.Failed}", $"{counts.Drifted}", $"{counts.Offline}",
                ResourceTable.Dash(ResourceTable.Short(assignment.Status?.Revision)), ResourceTable.Cut(ResourceTable.ReadyMessage(assignment.Status?.Conditions), 90));
        }

        return table;
    }

    private TextTable ClusterTable(IEnumerable<Cluster> clusters)
    {
        var table = new TextTable("CLUSTER", "STATE", "READY", "FAILED", "DRIFTED", "LAST SEEN", "LABELS");
        foreach (var cluster in clusters)
        {
            var counts = cluster.Status?.Counts ?? new RollupCounts();
            table.Add(cluster.Metadata.Name, ResourceTable.Dash(cluster.Status?.State), $"{counts.Ready}/{counts.Clusters}", $"{counts.Failed}", $"{counts.Drifted}",
                ResourceTable.LastSeen(cluster.Status, Now), ResourceTable.Dash(ResourceTable.Labels(cluster.Metadata.Labels)));
        }

        return table;
    }

    private static Table Styled(TextTable text)
    {
        var table = new Table().Border(TableBorder.None);
        foreach (var head in text.Heads)
        {
            table.AddColumn(new TableColumn($"[grey]{head}[/]").NoWrap());
        }

        foreach (var row in text.Rows)
        {
            table.AddRow([.. row.Select(Cell)]);
        }

        return table;
    }

    private static Markup Cell(string text)
    {
        var parts = text.Split('/');
        var colour = text switch
        {
            "Connected" => "green",
            "Offline" or "Stale" or "Revoked" or "Quarantined" => "red",
            "Suspect" or "PendingApproval" or "NeverConnected" => "yellow",
            _ when parts.Length == 2 && int.TryParse(parts[0], out var have) && int.TryParse(parts[1], out var want) => have == want ? "green" : "yellow",
            _ => "default",
        };
        return new Markup($"[{colour}]{Markup.Escape(text)}[/]");
    }
}
