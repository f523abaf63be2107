namespace Fleet.Hub.Storage.Audit;

/// <summary>One change of desired state or of trust: who, what, when, for which clusters.</summary>
public sealed record AuditRow
{
    /// <summary>A uuid; tombstones and targets name it.</summary>
    public required string Id { get; init; }

    public required DateTimeOffset Time { get; init; }

    /// <summary>API key name, cluster name, or commit id.</summary>
    public required string Actor { get; init; }

    /// <summary>Such as assignment.apply, cluster.enroll, revision.release.</summary>
    public required string Action { get; init; }

    /// <summary>Such as Assignment/web.</summary>
    public required string Target { get; init; }

    public string Message { get; init; } = "";

    /// <summary>Id of the one cluster that it is about; empty: none or several.</summary>
    public string Cluster { get; init; } = "";

    /// <summary>Uid of the Assignment that it is about.</summary>
    public string Assignment { get; init; } = "";

    public string Revision { get; init; } = "";

    /// <summary>Names of the clusters concerned, at most 100; see <see cref="ClusterCount"/>.</summary>
    public IReadOnlyList<string> Clusters { get; init; } = [];

    public long ClusterCount { get; init; }

    /// <summary>Its place in the log; set by the store.</summary>
    public long Seq { get; init; }

    /// <summary>The sealed batch that it is in; null: not sealed yet.</summary>
    public long? Batch { get; init; }

    public static AuditRow New(string actor, string action, string target, DateTimeOffset time) => new()
    {
        Id = Guid.CreateVersion7(time).ToString(),
        Time = time,
        Actor = actor,
        Action = action,
        Target = target,
    };
}
