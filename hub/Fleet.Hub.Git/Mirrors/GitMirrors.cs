using System.Collections.Concurrent;
using Fleet.Hub.Git.Processes;

namespace Fleet.Hub.Git;

/// <summary>The hub node's bare clones, one folder a GitSource. They can be deleted at any time: what is deployed is pinned elsewhere, and a mirror is made again by the next fetch.</summary>
public sealed class GitMirrors(string folder, GitOptions options, TimeProvider time) : IAsyncDisposable
{
    private readonly GitProcess _git = new(options, time);
    private readonly ConcurrentDictionary<string, GitMirror> _mirrors = new(StringComparer.Ordinal);

    /// <summary>The mirror of a source; the uid names its folder.</summary>
    public GitMirror Open(string sourceUid)
    {
        if (sourceUid.Length is 0 or > 100 || !sourceUid.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
        {
            throw new ArgumentException($"'{sourceUid}' cannot name a mirror", nameof(sourceUid));
        }

        return _mirrors.GetOrAdd(sourceUid, uid => new GitMirror(Path.Combine(folder, uid + ".git"), _git, options, time));
    }

    /// <summary>Forgets a source's mirror and removes it from disk.</summary>
    public async Task RemoveAsync(string sourceUid)
    {
        var mirror = Open(sourceUid);
        _mirrors.TryRemove(sourceUid, out _);
        await mirror.DisposeAsync();
        if (Directory.Exists(mirror.Folder))
        {
            Directory.Delete(mirror.Folder, recursive: true);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var mirror in _mirrors.Values)
        {
            await mirror.DisposeAsync();
        }

        _git.Dispose();
    }
}
