namespace Fleet.KubeSim.Access;

/// <summary>Who makes a request: a name and the groups that he belongs to.</summary>
public sealed record KubeUser(string Name, IReadOnlyList<string> Groups)
{
    public const string Masters = "system:masters";
    public const string Authenticated = "system:authenticated";
    private const string ServiceAccountPrefix = "system:serviceaccount:";

    public static KubeUser Anonymous { get; } = new("system:anonymous", ["system:unauthenticated"]);

    /// <summary>The server itself, and its controllers.</summary>
    public static KubeUser Loopback { get; } = new("system:apiserver", [Masters, Authenticated]);

    public bool IsMaster => Groups.Contains(Masters);

    /// <summary>An authenticated user; service accounts receive their groups by their name.</summary>
    public static KubeUser Of(string name, params IEnumerable<string> groups)
    {
        var all = new List<string>(groups);
        if (name.StartsWith(ServiceAccountPrefix, StringComparison.Ordinal) && name[ServiceAccountPrefix.Length..].Split(':') is [var ns, _] && all.Count == 0)
        {
            all.Add("system:serviceaccounts");
            all.Add($"system:serviceaccounts:{ns}");
        }

        if (!all.Contains(Authenticated) && name != Anonymous.Name)
        {
            all.Add(Authenticated);
        }

        return new KubeUser(name, all);
    }
}
