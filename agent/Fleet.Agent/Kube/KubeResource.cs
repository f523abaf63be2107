using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Kube;

/// <summary>A kind as the API server serves it: where its objects live, and whether they live in namespaces.</summary>
public sealed record KubeResource(string Group, string Version, string Kind, string Plural, bool Namespaced, IReadOnlyList<string> Verbs)
{
    public GroupVersionKind GroupVersionKind => new(Group, Version, Kind);

    /// <summary>The path of the collection in a namespace, or of all of them when it is empty.</summary>
    public string CollectionPath(string ns)
    {
        var root = Group.Length == 0 ? $"/api/{Version}" : $"/apis/{Group}/{Version}";
        return Namespaced && ns.Length > 0 ? $"{root}/namespaces/{Uri.EscapeDataString(ns)}/{Plural}" : $"{root}/{Plural}";
    }

    public string ObjectPath(string ns, string name)
    {
        // A name of "." or ".." or an empty one would address another resource: names come from Git.
        if (name is "" or "." or "..") throw new ArgumentException($"'{name}' cannot be the name of an object", nameof(name));
        if (ns is "." or "..") throw new ArgumentException($"'{ns}' cannot be the name of a namespace", nameof(ns));
        if (Namespaced && ns.Length == 0) throw new ArgumentException($"{Kind} {name} needs a namespace", nameof(ns));
        return $"{CollectionPath(ns)}/{Uri.EscapeDataString(name)}";
    }
}
