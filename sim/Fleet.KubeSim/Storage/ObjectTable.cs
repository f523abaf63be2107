namespace Fleet.KubeSim.Storage;

/// <summary>The objects of one resource, in the order of their storage keys (namespace/name).</summary>
internal sealed class ObjectTable
{
    private readonly SortedDictionary<string, SortedDictionary<string, StoredObject>> _namespaces = new(NamespaceOrder.Instance);

    public int Count { get; private set; }

    public StoredObject? Find(string ns, string name) =>
        _namespaces.TryGetValue(ns, out var objects) ? objects.GetValueOrDefault(name) : null;

    public void Set(StoredObject value)
    {
        if (!_namespaces.TryGetValue(value.Namespace, out var objects))
        {
            _namespaces[value.Namespace] = objects = new SortedDictionary<string, StoredObject>(StringComparer.Ordinal);
        }

        if (!objects.ContainsKey(value.Name))
        {
            Count++;
        }

        objects[value.Name] = value;
    }

    public void Remove(string ns, string name)
    {
        if (_namespaces.TryGetValue(ns, out var objects) && objects.Remove(name))
        {
            Count--;
            if (objects.Count == 0)
            {
                _namespaces.Remove(ns);
            }
        }
    }

    /// <summary>All objects, or those of one namespace when it is not empty.</summary>
    public IEnumerable<StoredObject> List(string ns)
    {
        if (ns.Length == 0)
        {
            return _namespaces.Values.SelectMany(n => n.Values);
        }

        return _namespaces.TryGetValue(ns, out var objects) ? objects.Values : [];
    }

    /// <summary>Orders as the keys namespace/name do: "a-b/" comes before "a/".</summary>
    private sealed class NamespaceOrder : IComparer<string>
    {
        public static readonly NamespaceOrder Instance = new();

        public int Compare(string? x, string? y) => string.CompareOrdinal(x + "/", y + "/");
    }
}
