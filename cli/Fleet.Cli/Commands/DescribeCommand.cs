using System.CommandLine;
using System.Text.Json.Nodes;
using Fleet.Cli.Connection;
using Fleet.Cli.Output;
using Fleet.V1;

namespace Fleet.Cli.Commands;

/// <summary>`fleetctl describe KIND NAME`: everything about one resource, in the order in which a person asks.</summary>
internal static class DescribeCommand
{
    public static Command Create(Terminal terminal)
    {
        var kind = ResourceArguments.KindArgument();
        var name = new Argument<string?>("name") { Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("describe", "Tell everything about one resource: conditions, clusters, what is not well, what changed") { kind, name };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (wanted, one) = ResourceArguments.Parse(parsed.GetValue(kind)!, parsed.GetValue(name));
            if (one is null)
            {
                throw new UsageException($"name the {wanted}: fleetctl describe {parsed.GetValue(kind)} NAME");
            }

            using var hub = GlobalOptions.Connect(parsed, terminal);
            var resource = await hub.Api.GetAsync(new GetRequest { Kind = wanted, Name = one }, hub.Call(cancellationToken));
            Print(terminal.Output, resource);
            if (resource.KindCase is Resource.KindOneofCase.Assignment or Resource.KindOneofCase.Cluster)
            {
                await PrintRelatedAsync(terminal.Output, hub, resource, cancellationToken);
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    private static void Print(TextWriter output, Resource resource)
    {
        var json = (JsonObject)ResourceJson.Of(resource);
        var meta = resource.Meta();
        output.WriteLine($"Name:      {meta.Name}");
        output.WriteLine($"Kind:      {resource.Kind()}");
        if (meta.Labels.Count > 0)
        {
            output.WriteLine($"Labels:    {ResourceTable.Labels(meta.Labels)}");
        }

        if (meta.CreationTimestamp is not null)
        {
            output.WriteLine($"Created:   {meta.CreationTimestamp.ToDateTimeOffset():u} ({ResourceTable.Age(meta.CreationTimestamp, TimeProvider.System.GetUtcNow())} ago)");
        }

        if (meta.DeletionTimestamp is not null)
        {
            output.WriteLine($"Deleting:  since {meta.DeletionTimestamp.ToDateTimeOffset():u}");
        }

        foreach (var (section, node) in json)
        {
            if (section is "apiVersion" or "kind" or "metadata" || node is null)
            {
                continue;
            }

            var conditions = (node as JsonObject)?["conditions"] as JsonArray;
            (node as JsonObject)?.Remove("conditions");
            output.WriteLine();
            output.WriteLine($"{char.ToUpperInvariant(section[0])}{section[1..]}:");
            foreach (var line in YamlText.Of(node).TrimEnd().Split('\n'))
            {
                output.WriteLine("  " + line);
            }

            if (conditions is { Count: > 0 })
            {
                output.WriteLine();
                output.WriteLine("Conditions:");
                foreach (var condition in conditions.OfType<JsonObject>())
                {
                    output.WriteLine($"  {condition["type"]}={condition["status"]} {condition["reason"]} (since {condition["lastTransitionTime"]})");
                    if (condition["message"]?.GetValue<string>() is { Length: > 0 } message)
                    {
                        output.WriteLine("    " + message);
                    }
                }
            }
        }
    }

    /// <summary>Why, whose turn, until when that is normal, and when it is looked at next: in one line.</summary>
    private static string Outlook(Outlook outlook)
    {
        var now = TimeProvider.System.GetUtcNow();
        var line = $"{outlook.Reason}: waits for {ResourceTable.Dash(outlook.Owner)}";
        line += outlook.Since is { } since ? $", since {ResourceTable.Age(since, now)}" : "";
        line += outlook.DeadlineTime is { } deadline
            ? deadline.ToDateTimeOffset() < now ? $", overdue since {deadline.ToDateTimeOffset():u}" : $", normal until {deadline.ToDateTimeOffset():u}"
            : "";
        return line + (outlook.NextTime is { } next ? $", looked at again {next.ToDateTimeOffset():u}" : ", looked at again when something changes");
    }

    private static async Task PrintRelatedAsync(TextWriter output, HubConnection hub, Resource resource, CancellationToken cancellationToken)
    {
        var cluster = resource.KindCase == Resource.KindOneofCase.Cluster ? resource.Meta().Name : "";
        var assignment = cluster.Length == 0 ? resource.Meta().Name : "";
        var items = await Listing.AllAsync(hub, new ListRequest { Kind = "ClusterAssignment", Cluster = cluster, Assignment = assignment }, 200, cancellationToken);
        output.WriteLine();
        output.WriteLine(cluster.Length > 0 ? "Assignments:" : "Clusters:");
        if (items.Count == 0)
        {
            output.WriteLine("  none");
        }

        foreach (var item in items.Select(i => i.ClusterAssignment))
        {
            var status = item.Status ?? new ClusterAssignmentStatus();
            output.WriteLine($"  {(cluster.Length > 0 ? item.Spec.Assignment : item.Spec.Cluster),-30} {status.Phase,-12} {ResourceTable.Short(status.AppliedRevision),-10}  {ResourceTable.Cut(status.Message, 120)}");
            if (status.Outlook is { } outlook)
            {
                output.WriteLine($"      {Outlook(outlook)}");
            }

            foreach (var bad in status.Resources.Take(10))
            {
                output.WriteLine($"      {bad.Kind} {(bad.Namespace.Length > 0 ? bad.Namespace + "/" : "")}{bad.Name}: {bad.Health} {ResourceTable.Cut(bad.Message, 160)}{(bad.Origin.Length > 0 ? $" ({bad.Origin})" : "")}");
            }

            foreach (var drift in status.Drifts.Take(10))
            {
                output.WriteLine($"      drift {drift.Kind} {(drift.Namespace.Length > 0 ? drift.Namespace + "/" : "")}{drift.Name} {drift.Field}: wanted {drift.Expected}, was {drift.Actual}, by {drift.Manager}{(drift.Healed ? "; healed" : "")}");
            }
        }

        var audit = await Listing.AllAsync(hub, new ListRequest { Kind = "AuditEvent", Cluster = cluster, Assignment = assignment }, 10, cancellationToken);
        if (audit.Count > 0)
        {
            output.WriteLine();
            output.WriteLine("Changes:");
            foreach (var row in audit.Select(a => a.AuditEvent))
            {
                output.WriteLine($"  {row.Time?.ToDateTimeOffset():u}  {row.Actor,-16} {row.Action,-22} {ResourceTable.Cut(row.Message, 120)}");
            }
        }
    }
}
