using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Kube;

/// <summary>How an apply is made; force and strict validation are the rule here.</summary>
public sealed record ApplyOptions(string FieldManager)
{
    public bool Force { get; init; } = true;
    public bool DryRun { get; init; }
    /// <summary>Strict, Warn or Ignore.</summary>
    public string FieldValidation { get; init; } = "Strict";
}

/// <summary>How other writes are made.</summary>
public sealed record WriteOptions(string FieldManager)
{
    public bool DryRun { get; init; }
    public string FieldValidation { get; init; } = "Strict";
    /// <summary>The subresource, such as status or scale; empty for the object itself.</summary>
    public string Subresource { get; init; } = "";
}

/// <summary>What must still hold when the server deletes, and how dependents go.</summary>
public sealed record DeleteOptions
{
    public string? Uid { get; init; }
    public string? ResourceVersion { get; init; }
    /// <summary>Background, Foreground or Orphan.</summary>
    public string Propagation { get; init; } = "Background";
    public long? GracePeriodSeconds { get; init; }
    public bool DryRun { get; init; }
}

/// <summary>What a list or a watch is about.</summary>
public sealed record Selection
{
    public string Namespace { get; init; } = "";
    public string LabelSelector { get; init; } = "";
    public string FieldSelector { get; init; } = "";
}

/// <summary>One page of a list.</summary>
public sealed record KubeListPage(IReadOnlyList<KubeObject> Items, string ResourceVersion, string Continue);

/// <summary>What happened to a watched object.</summary>
public enum WatchEventType
{
    Added,
    Modified,
    Deleted,
    /// <summary>Only the resourceVersion counts: everything up to it has been seen.</summary>
    Bookmark,
    /// <summary>The watch is over; see the error. <c>IsExpired</c> means: list again.</summary>
    Error,
    /// <summary>A type that this version does not know; passed on to be counted.</summary>
    Unknown,
}

/// <summary>One event of a watch. The stream ends after an Error, or without one when the server closes it in the normal course.</summary>
public sealed record WatchEvent(WatchEventType Type, KubeObject? Object, Core.Errors.KubeApiError? Error)
{
    public string ResourceVersion => Object?.ResourceVersion ?? "";
}

/// <summary>A question to the cluster's own authorizer.</summary>
public sealed record AccessQuestion(string Verb, string Group, string Resource)
{
    /// <summary>Empty asks for all namespaces.</summary>
    public string Namespace { get; init; } = "";
    public string Name { get; init; } = "";
    public string Subresource { get; init; } = "";
}

/// <summary>The server's version as it states it.</summary>
public sealed record ServerVersion(string GitVersion, string Major, string Minor, string Platform);
