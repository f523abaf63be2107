namespace Fleet.Agent.Content;

/// <summary>Which objects are kept, in order of their last use, and how large they are; says what must go when there is too much. Not thread-safe.</summary>
internal sealed class RecentUse(long maxBytes)
{
    private readonly Dictionary<GitId, LinkedListNode<(GitId Id, long Size)>> _nodes = [];
    private readonly LinkedList<(GitId Id, long Size)> _order = [];

    public long Bytes { get; private set; }

    public long SizeOf(GitId id) => _nodes.TryGetValue(id, out var node) ? node.Value.Size : -1;

    public bool Touch(GitId id)
    {
        if (!_nodes.TryGetValue(id, out var node)) return false;
        _order.Remove(node);
        _order.AddLast(node);
        return true;
    }

    /// <summary>Adds one, and names the oldest that must go for it.</summary>
    public List<GitId> Add(GitId id, long size)
    {
        Remove(id);
        _nodes[id] = _order.AddLast((id, size));
        Bytes += size;
        var gone = new List<GitId>();
        while (Bytes > maxBytes && _order.First is { } oldest && oldest.Value.Id != id)
        {
            gone.Add(oldest.Value.Id);
            Remove(oldest.Value.Id);
        }
        return gone;
    }

    public void Remove(GitId id)
    {
        if (!_nodes.Remove(id, out var node)) return;
        _order.Remove(node);
        Bytes -= node.Value.Size;
    }
}
