namespace Fleet.Agent.Core.Objects;

/// <summary>What makes an object the same object in one cluster: the version of its API does not count, and cluster-scoped objects have an empty namespace.</summary>
public readonly record struct ObjectKey(string Group, string Kind, string Namespace, string Name) : IComparable<ObjectKey>
{
    public int CompareTo(ObjectKey other)
    {
        var c = string.CompareOrdinal(Group, other.Group);
        if (c == 0) c = string.CompareOrdinal(Kind, other.Kind);
        if (c == 0) c = string.CompareOrdinal(Namespace, other.Namespace);
        return c != 0 ? c : string.CompareOrdinal(Name, other.Name);
    }

    /// <summary>For people: <c>Deployment.apps shop/web</c>, <c>Namespace shop</c>.</summary>
    public override string ToString()
    {
        var kind = Group.Length == 0 ? Kind : $"{Kind}.{Group}";
        return Namespace.Length == 0 ? $"{kind} {Name}" : $"{kind} {Namespace}/{Name}";
    }
}
