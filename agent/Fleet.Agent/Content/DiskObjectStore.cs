using Fleet.V1;

namespace Fleet.Agent.Content;

/// <summary>Objects as files, the least recently used dropped first. Each is hashed again when it is read: the folder is not ours alone.</summary>
internal sealed class DiskObjectStore : IObjectStore
{
    private readonly Lock _lock = new();
    private readonly string _folder;
    private readonly RecentUse _use;

    public DiskObjectStore(string folder, long maxBytes)
    {
        _folder = Directory.CreateDirectory(folder).FullName;
        _use = new(maxBytes);
        foreach (var file in new DirectoryInfo(_folder).EnumerateFiles("*", SearchOption.AllDirectories).OrderBy(f => f.LastWriteTimeUtc))
        {
            var name = file.Directory!.Name + file.Name;
            if (!GitId.TryParse(name, out var id)) continue;
            foreach (var gone in _use.Add(id, file.Length - 1)) TryDelete(gone);
        }
    }

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
        lock (_lock)
        {
            if (!_use.Touch(id)) return null;
        }
        try
        {
            var bytes = File.ReadAllBytes(PathOf(id));
            if (bytes.Length > 0 && bytes[0] is 1 or 2 or 3)
            {
                var content = new GitObject((GitObjectType)bytes[0], bytes.AsMemory(1));
                if (GitId.Of(content.Type, content.Bytes.Span, id.Length) == id) return content;
            }
            TryDelete(id);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone, or not readable any more: it is fetched again.
        }
        lock (_lock) _use.Remove(id);
        return null;
    }

    public void Write(GitId id, GitObject content)
    {
        var path = PathOf(id);
        var draft = path + ".new";
        lock (_lock)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using (var file = new FileStream(draft, FileMode.Create, FileAccess.Write))
            {
                file.WriteByte((byte)content.Type);
                file.Write(content.Bytes.Span);
            }
            File.Move(draft, path, overwrite: true);
            foreach (var gone in _use.Add(id, content.Bytes.Length)) TryDelete(gone);
        }
    }

    private string PathOf(GitId id) => Path.Combine(_folder, id.Hex[..2], id.Hex[2..]);

    private void TryDelete(GitId id)
    {
        try
        {
            File.Delete(PathOf(id));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It only takes space.
        }
    }
}
