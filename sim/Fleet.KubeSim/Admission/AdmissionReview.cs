using System.Text.Json.Nodes;

namespace Fleet.KubeSim.Admission;

/// <summary>The operations that a hook is called for.</summary>
[Flags]
public enum AdmissionOperations
{
    /// <summary>None, which no hook is for.</summary>
    None = 0,

    /// <summary>New objects.</summary>
    Create = 1,

    /// <summary>Changes of any kind, those of subresources too.</summary>
    Update = 2,

    /// <summary>Deletions, whoever asks for them.</summary>
    Delete = 4,

    /// <summary>Creates and updates.</summary>
    Write = Create | Update,
}

/// <summary>One write on its way into the store, as an admission hook sees it.</summary>
public sealed record AdmissionReview
{
    /// <summary>CREATE, UPDATE or DELETE.</summary>
    public required string Operation { get; init; }

    public required string ApiVersion { get; init; }

    public required string Kind { get; init; }

    public required bool DryRun { get; init; }

    /// <summary>Who writes; empty for the controllers and for tests.</summary>
    public string User { get; init; } = "";

    /// <summary>The object as it would be stored, which a mutating hook may change; for a deletion the object as it is.</summary>
    public required JsonObject Object { get; init; }

    /// <summary>The object as it is, null for a creation.</summary>
    public JsonObject? OldObject { get; init; }

    /// <summary>What a hook adds here reaches the client as warnings.</summary>
    public IList<string> Warnings { get; init; } = [];
}
