using System.CommandLine;

namespace Fleet.Cli.Commands;

/// <summary>Kinds as users write them, and KIND/NAME.</summary>
internal static class ResourceArguments
{
    private static readonly (string Kind, string[] Names)[] Kinds =
    [
        ("GitSource", ["gitsource", "gitsources", "source", "sources", "gs"]),
        ("ClusterGroup", ["clustergroup", "clustergroups", "group", "groups", "cg"]),
        ("Assignment", ["assignment", "assignments", "as"]),
        ("Cluster", ["cluster", "clusters", "cl"]),
        ("ClusterAssignment", ["clusterassignment", "clusterassignments", "ca"]),
        ("EnrollmentToken", ["enrollmenttoken", "enrollmenttokens", "token", "tokens"]),
        ("Hold", ["hold", "holds"]),
        ("Incident", ["incident", "incidents"]),
        ("AuditEvent", ["auditevent", "auditevents", "audit", "event", "events"]),
    ];

    public static readonly IReadOnlyList<string> Plurals = [.. Kinds.Select(k => k.Names[1])];

    public static Argument<string> KindArgument()
    {
        var argument = new Argument<string>("kind") { HelpName = "kind", Description = "Kind, or KIND/NAME: " + string.Join(", ", Plurals) };
        argument.CompletionSources.Add([.. Plurals]);
        return argument;
    }

    public static (string Kind, string? Name) Parse(string kind, string? name)
    {
        var slash = kind.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0)
        {
            if (name is not null)
            {
                throw new UsageException($"write KIND/NAME or KIND NAME, not both: '{kind} {name}'");
            }

            name = kind[(slash + 1)..];
            kind = kind[..slash];
        }

        foreach (var (known, names) in Kinds)
        {
            if (names.Contains(kind.ToLowerInvariant(), StringComparer.Ordinal))
            {
                return (known, string.IsNullOrEmpty(name) ? null : name);
            }
        }

        throw new UsageException($"there is no kind '{kind}'. Known: {string.Join(", ", Plurals)}");
    }
}
