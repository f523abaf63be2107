namespace Fleet.KubeSim.Access;

/// <summary>Who makes a request: a name and the groups that he belongs to.</summary>
public sealed record KubeUser(string Name, IReadOnlyList<string> Groups)
{
    public const string Masters = "system:masters";
    public const string Authenticated = "system:authenticated";
    internal const string Unauthenticated = "system:unauthenticated";
    private const string ServiceAccountPrefix = "system:serviceaccount:";

    public static KubeUser Anonymous { get; } = new("system:anonymous", [Unauthenticated]);

    /// <summary>The server itself, and its controllers.</summary>
    public static KubeUser Loopback { get; } = new("system:apiserver", [Masters, Authenticated]);

    /// <summary>Identity beyond the name, empty unless it was given.</summary>
    public string Uid { get; init; } = "";

    /// <summary>What else an authenticator or an impersonation says of him.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Extra { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    public bool IsMaster => Groups.Contains(Masters);

    /// <summary>An authenticated user; service accounts receive their groups by their name.</summary>
    public static KubeUser Of(string name, params IEnumerable<string> groups)
    {
        var all = new List<string>(groups);
        if (ServiceAccount(name) is { } account && all.Count == 0)
        {
            all.Add("system:serviceaccounts");
            all.Add($"system:serviceaccounts:{account.Namespace}");
        }

        if (name == Anonymous.Name)
        {
            AddOnce(all, Unauthenticated);
        }
        else if (!all.Contains(Unauthenticated))
        {
            AddOnce(all, Authenticated);
        }

        return new KubeUser(name, all);
    }

    /// <summary>The account that a user's name stands for, or null.</summary>
    internal static (string Namespace, string Name)? ServiceAccount(string user) =>
        user.StartsWith(ServiceAccountPrefix, StringComparison.Ordinal) && user[ServiceAccountPrefix.Length..].Split(':') is [{ Length: > 0 } ns, { Length: > 0 } name]
            ? (ns, name)
            : null;

    private static void AddOnce(List<string> groups, string group)
    {
        if (!groups.Contains(group))
        {
            groups.Add(group);
        }
    }
}
