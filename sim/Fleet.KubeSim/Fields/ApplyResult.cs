using System.Text.Json.Nodes;

namespace Fleet.KubeSim.Fields;

/// <summary>A field that another manager owns and an apply would change.</summary>
/// <param name="Manager">The owner as messages name it: "alice", or "bob" using apps/v1.</param>
/// <param name="Path">The field, such as .spec.replicas.</param>
public sealed record FieldConflict(string Manager, string Path);

/// <summary>What an apply came to: a merged object, or conflicts, or an error with its HTTP status.</summary>
public sealed record ApplyResult
{
    /// <summary>The object to store; null when the apply failed.</summary>
    public JsonObject? Object { get; init; }

    public IReadOnlyList<FieldConflict> Conflicts { get; init; } = [];

    /// <summary>0 on success; 409 conflict, 400 bad request, 500 as the server answers schema errors.</summary>
    public int Status { get; init; }

    /// <summary>The Status message as the real server words it; null on success.</summary>
    public string? Message { get; init; }

    public bool Succeeded => Object is not null;

    internal static ApplyResult Failed(int status, string message) => new() { Status = status, Message = message };
}
