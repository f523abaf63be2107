using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Core.Drift;

/// <summary>One entry of an object's managedFields.</summary>
public sealed record ManagedEntry(string Manager, string Operation, string ApiVersion, string Subresource, DateTimeOffset? Time, JsonObject Fields)
{
    public bool IsApply => Operation == "Apply";

    public static IEnumerable<ManagedEntry> All(KubeObject live) => live.ManagedFields.Objects()
        .Where(e => e.Map("fieldsV1") is not null)
        .Select(e => new ManagedEntry(e.Text("manager") ?? "", e.Text("operation") ?? "", e.Text("apiVersion") ?? "",
            e.Text("subresource") ?? "", e.Time("time"), e.Map("fieldsV1")!));

    /// <summary>A manager's own Apply of the object itself; of several (a version changed) the one for the object's version.</summary>
    public static ManagedEntry? OfApply(KubeObject live, string manager) => All(live)
        .Where(e => e.IsApply && e.Manager == manager && e.Subresource.Length == 0)
        .OrderByDescending(e => e.ApiVersion == live.ApiVersion)
        .FirstOrDefault();
}
