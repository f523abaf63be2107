namespace Fleet.KubeSim.Requests;

/// <summary>One request that a simulated API server received, and what it answered.</summary>
public sealed record LoggedRequest
{
    /// <summary>Place in the log: rises by one with each request, also when old entries are dropped.</summary>
    public required long Sequence { get; init; }

    /// <summary>When the request came, by the host's clock.</summary>
    public required DateTimeOffset Time { get; init; }

    public required string Method { get; init; }

    public required string Path { get; init; }

    /// <summary>The query without its question mark; empty when there is none.</summary>
    public required string Query { get; init; }

    public required string UserAgent { get; init; }

    /// <summary>The user who was acted as (after impersonation); empty when authentication failed.</summary>
    public string User { get; init; } = "";

    /// <summary>The status answered; 0 while the request is under way and when it was cut without an answer.</summary>
    public int Status { get; init; }

    /// <summary>get, list, watch, create, update, patch, delete, deletecollection; the lower-case method for paths that are no resource.</summary>
    public required string Verb { get; init; }

    /// <summary>API group, empty for the core group and for paths that are no resource.</summary>
    public string Group { get; init; } = "";

    public string Version { get; init; } = "";

    /// <summary>Kind of the resource, empty where none is served.</summary>
    public string Kind { get; init; } = "";

    /// <summary>Plural resource name, empty for paths that are no resource.</summary>
    public string Resource { get; init; } = "";

    public string Subresource { get; init; } = "";

    public string Namespace { get; init; } = "";

    public string Name { get; init; } = "";

    public string ContentType { get; init; } = "";

    /// <summary>The fieldManager parameter, empty when absent.</summary>
    public string FieldManager { get; init; } = "";

    public bool DryRun { get; init; }

    /// <summary>Bytes of the body received.</summary>
    public long RequestBytes { get; init; }

    /// <summary>The name of the fault rule that was applied, if one was.</summary>
    public string? Fault { get; init; }

    /// <summary>What went wrong inside the simulator itself; null unless it has a bug.</summary>
    public string? Error { get; init; }

    /// <summary>Whether the request could change something: a mutating verb without dry run.</summary>
    public bool IsWrite => !DryRun && Verb is "create" or "update" or "patch" or "delete" or "deletecollection"
        && Group is not ("authorization.k8s.io" or "authentication.k8s.io");
}
