using System.Text;
using Fleet.Agent.Content;
using Fleet.V1;

namespace Fleet.Agent.Tests.Fakes;

/// <summary>A Git repository in memory: blobs, trees and commits with their true ids.</summary>
internal sealed class FakeGit
{
    private readonly Dictionary<string, (GitObjectType Type, byte[] Bytes)> _objects = new(StringComparer.Ordinal);
    private int _commits;

    public IReadOnlyDictionary<string, (GitObjectType Type, byte[] Bytes)> Objects => _objects;

    /// <summary>A commit of these files; a value that begins with "link:" is a symbolic link, "submodule" a gitlink.</summary>
    public string Commit(IReadOnlyDictionary<string, string> files)
    {
        var tree = Tree(files.ToDictionary(f => f.Key, f => f.Value));
        var text = $"tree {tree}\nauthor A <a@example.com> {_commits} +0000\ncommitter A <a@example.com> {_commits} +0000\n\ncommit {_commits++}\n";
        return Add(GitObjectType.Commit, Encoding.UTF8.GetBytes(text));
    }

    public string Add(GitObjectType type, byte[] bytes)
    {
        var id = GitId.Of(type, bytes, 20).Hex;
        _objects[id] = (type, bytes);
        return id;
    }

    public ContentObject Wire(string id)
    {
        var (type, bytes) = _objects[id];
        return new()
        {
            Oid = Google.Protobuf.ByteString.CopyFrom(Convert.FromHexString(id)),
            Type = type,
            Size = (ulong)bytes.Length,
            Data = Google.Protobuf.ByteString.CopyFrom(bytes),
        };
    }

    /// <summary>Everything that a commit reaches.</summary>
    public IReadOnlyList<string> Closure(string commit)
    {
        var found = new List<string> { commit };
        var tree = GitTree.TreeOfCommit(_objects[commit].Bytes)!.Value.Hex;
        Below(tree, found);
        return [.. found.Distinct()];
    }

    private void Below(string tree, List<string> found)
    {
        found.Add(tree);
        foreach (var entry in GitTree.Parse(_objects[tree].Bytes, 20)!)
        {
            if (entry.Mode == GitMode.Folder) Below(entry.Id.Hex, found);
            else if (entry.Mode != GitMode.Submodule) found.Add(entry.Id.Hex);
        }
    }

    private string Tree(Dictionary<string, string> files)
    {
        var entries = new List<GitEntry>();
        foreach (var (path, content) in files.Where(f => !f.Key.Contains('/')))
        {
            var (mode, text) = content.StartsWith("link:", StringComparison.Ordinal) ? ("120000", content[5..]) : content == "submodule" ? ("160000", "") : ("100644", content);
            var id = mode == "160000" ? "1234567890123456789012345678901234567890" : Add(GitObjectType.Blob, Encoding.UTF8.GetBytes(text));
            entries.Add(Entry(mode, path, id));
        }
        foreach (var folder in files.Where(f => f.Key.Contains('/')).GroupBy(f => f.Key[..f.Key.IndexOf('/')]))
        {
            entries.Add(Entry("40000", folder.Key, Tree(folder.ToDictionary(f => f.Key[(folder.Key.Length + 1)..], f => f.Value))));
        }
        return Add(GitObjectType.Tree, GitTree.Write(entries));
    }

    private static GitEntry Entry(string mode, string name, string id) => GitId.TryParse(id, out var parsed) ? new(mode, Encoding.UTF8.GetBytes(name), parsed) : throw new ArgumentException(id);
}
