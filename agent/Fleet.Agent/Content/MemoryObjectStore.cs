namespace Fleet.Agent.Content;

/// <summary>Objects in memory, the least recently used dropped first.</summary>
internal sealed class MemoryObjectStore(long maxBytes) : IObjectStore
{
    private readonly Lock _lock = new();
    private readonly RecentUse _use = new(maxBytes);
    private readonly Dictionary<GitId, GitObject> _objects = [];

    public bool Contains(GitId id)
    {
        lock (_lock) return _use.Touch(id);
    }

    public long SizeOf(GitId id)
    {
        lock (_lock) return _use.SizeOf(id);
    }

    public GitObject? Read(GitId id)
    {
        lock (_lock) return _use.Touch(id) ? _objects[id] : null;
    }

    public void Write(GitId id, GitObject content)
    {
        lock (_lock)
        {
            _objects[id] = content;
            foreach (var gone in _use.Add(id, content.Bytes.Length)) _objects.Remove(gone);
        }
    }
}
