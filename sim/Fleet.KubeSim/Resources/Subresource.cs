namespace Fleet.KubeSim.Resources;

/// <summary>A subresource as discovery lists it; group and version are set where its kind is of another group.</summary>
internal sealed record Subresource(string Name, string Kind, IReadOnlyList<string> Verbs, string? Group = null, string? Version = null)
{
    private static readonly IReadOnlyList<string> GetPatchUpdate = ["get", "patch", "update"];

    public static Subresource Status(string kind) => new("status", kind, GetPatchUpdate);

    public static Subresource Scale() => new("scale", "Scale", GetPatchUpdate, "autoscaling", "v1");

    public static Subresource Of(string name, string kind, string verbs, string? group = null, string? version = null) =>
        new(name, kind, verbs.Split(','), group, version);
}
