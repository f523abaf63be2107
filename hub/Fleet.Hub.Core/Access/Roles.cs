namespace Fleet.Hub.Core.Access;

/// <summary>Roles by the names that users write.</summary>
public static class Roles
{
    /// <summary>The names.</summary>
    public static readonly IReadOnlyList<string> Names = ["admin", "operator", "viewer"];

    /// <summary>The role of a name, or null.</summary>
    public static Role? Parse(string name) => name switch
    {
        "admin" => Role.Admin,
        "operator" => Role.Operator,
        "viewer" => Role.Viewer,
        _ => null,
    };

    /// <summary>The name of a role.</summary>
    public static string Name(Role role) => role switch
    {
        Role.Admin => "admin",
        Role.Operator => "operator",
        _ => "viewer",
    };
}
