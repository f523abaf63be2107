using System.IO.Compression;
using System.Text;
using Fleet.Agent.Content;
using Fleet.Agent.Tests.Fakes;
using Fleet.V1;
using Google.Protobuf;

namespace Fleet.Agent.Tests.Content;

/// <summary>Content that is not what it says: nothing of it is used.</summary>
public sealed class HostileContentTests
{
    private readonly FakeGit _git = new();
    private readonly MemoryObjectStore _store = new(64 << 20);

    [Fact]
    public void Object_HashIsNotItsId_IsRefused()
    {
        var commit = _git.Commit(Manifests.Files(("a.yaml", "a: 1")));
        var forged = _git.Wire(commit);
        forged.Data = ByteString.CopyFromUtf8("tree 0000000000000000000000000000000000000000\n");
        forged.Size = (ulong)forged.Data.Length;
        Assert.Equal("BadHash", Refuse(forged).Reason);
        Assert.False(_store.Contains(Id(commit)));
    }

    [Fact]
    public void Object_SizeBeyondTheLimit_IsRefusedBeforeMemoryIsTaken()
    {
        var item = new ContentObject { Oid = ByteString.CopyFrom(new byte[20]), Type = GitObjectType.Blob, Size = ulong.MaxValue, Data = ByteString.CopyFrom(1) };
        Assert.Equal("TooLarge", Refuse(item).Reason);
    }

    [Fact]
    public void Part_BombOfCompression_IsRefused()
    {
        using var packed = new MemoryStream();
        using (var brotli = new BrotliStream(packed, CompressionLevel.SmallestSize, leaveOpen: true)) brotli.Write(new byte[64 << 20]);
        var part = new ContentPart { Compression = Compression.Brotli, Objects = ByteString.CopyFrom(packed.ToArray()) };
        Assert.Equal("TooLarge", Assert.Throws<ContentException>(() => Receiver().Take(part)).Reason);
    }

    [Fact]
    public void Part_Garbage_IsRefused()
    {
        var part = new ContentPart { Compression = Compression.Brotli, Objects = ByteString.CopyFromUtf8("no brotli at all") };
        Assert.Equal("Malformed", Assert.Throws<ContentException>(() => Receiver().Take(part)).Reason);
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(6, 3)]
    public void Slices_GapOrOverlap_AreRefused(int offset, int length)
    {
        var id = _git.Add(GitObjectType.Blob, "0123456789"u8.ToArray());
        var receiver = Receiver();
        receiver.Take(Part(Slice(id, 0, "0123")));
        Assert.Equal("Malformed", Assert.Throws<ContentException>(() => receiver.Take(Part(Slice(id, offset, new string('x', length))))).Reason);
    }

    [Fact]
    public void Slices_WholeObject_IsTaken()
    {
        var id = _git.Add(GitObjectType.Blob, "0123456789"u8.ToArray());
        var receiver = Receiver();
        receiver.Take(Part(Slice(id, 0, "0123")));
        receiver.Take(Part(Slice(id, 4, "456789")));
        receiver.Finish();
        Assert.Equal("0123456789", Encoding.UTF8.GetString(_store.Read(Id(id))!.Bytes.Span));
    }

    [Fact]
    public void Slices_Unfinished_AreRefused()
    {
        var id = _git.Add(GitObjectType.Blob, "0123456789"u8.ToArray());
        var receiver = Receiver();
        receiver.Take(Part(Slice(id, 0, "0123")));
        Assert.Equal("Truncated", Assert.Throws<ContentException>(receiver.Finish).Reason);
    }

    [Fact]
    public void TreeEdit_OfAKnownTree_GivesTheNewTree()
    {
        var before = TreeOf(_git.Commit(Manifests.Files(("a", "1"), ("b/c", "2"), ("gone", "3"))));
        var after = TreeOf(_git.Commit(Manifests.Files(("a", "other"), ("b/c", "2"), ("b.txt", "4"))));
        var receiver = Receiver();
        receiver.Take(Part(_git.Wire(before)));
        var edit = new TreeEdit { Removed = { ByteString.CopyFromUtf8("gone") } };
        foreach (var entry in GitTree.Parse(_git.Objects[after].Bytes, 20)!.Where(e => e.Name != "b")) edit.Put.Add(new TreeEntry { Mode = entry.ModeText, Name = ByteString.CopyFrom(entry.RawName), Oid = ByteString.CopyFrom(entry.Id.Bytes) });
        receiver.Take(Part(Edit(before, after, edit)));
        Assert.Equal(_git.Objects[after].Bytes, _store.Read(Id(after))!.Bytes.ToArray());
    }

    [Fact]
    public void TreeEdit_ThatGivesAnotherTree_IsRefused()
    {
        var before = TreeOf(_git.Commit(Manifests.Files(("a", "1"))));
        var after = TreeOf(_git.Commit(Manifests.Files(("a", "2"))));
        var receiver = Receiver();
        receiver.Take(Part(_git.Wire(before)));
        Assert.Equal("BadHash", Assert.Throws<ContentException>(() => receiver.Take(Part(Edit(before, after, new())))).Reason);
    }

    [Theory]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("a/b")]
    public void Tree_NameThatLeadsElsewhere_IsRefused(string name)
    {
        var blob = Id(_git.Add(GitObjectType.Blob, [1]));
        var tree = _git.Add(GitObjectType.Tree, GitTree.Write([new("100644", Encoding.UTF8.GetBytes(name), blob)]));
        var commit = _git.Add(GitObjectType.Commit, Encoding.UTF8.GetBytes($"tree {tree}\n\n"));
        var receiver = Receiver();
        foreach (var id in (string[])[blob.Hex, tree, commit]) receiver.Take(Part(_git.Wire(id)));
        Assert.Equal("BadTree", Assert.Throws<ContentException>(() => new ContentWalk(_store, ContentLimits.Standard).Run(Id(commit), [""])).Reason);
    }

    [Fact]
    public void Link_OutOfTheRoots_IsNotFollowed()
    {
        var tree = Whole(Manifests.Files(("app/in.yaml", "a: 1"), ("app/good.yaml", "link:in.yaml"), ("app/bad.yaml", "link:../other/secret.yaml"), ("other/secret.yaml", "s: 1")), "app");
        Assert.Equal(Fleet.Rendering.Files.FileKind.File, tree.Find("app/good.yaml").Kind);
        Assert.Equal(Fleet.Rendering.Files.FileKind.Link, tree.Find("app/bad.yaml").Kind);
        Assert.Equal(Fleet.Rendering.Files.FileKind.Missing, tree.Find("other/secret.yaml").Kind);
        Assert.Throws<ContentException>(() => tree.Read("app/bad.yaml"));
        Assert.Throws<ContentException>(() => tree.Read("other/secret.yaml"));
    }

    [Fact]
    public void Link_ToItself_Ends() =>
        Assert.Equal(Fleet.Rendering.Files.FileKind.Link, Whole(Manifests.Files(("a.yaml", "link:b.yaml"), ("b.yaml", "link:a.yaml")), "").Find("a.yaml").Kind);

    [Fact]
    public void LfsPointer_IsRefusedByName()
    {
        var tree = Whole(Manifests.Files(("big.yaml", "version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 5\n")), "");
        var e = Assert.Throws<ContentException>(() => tree.Read("big.yaml"));
        Assert.Equal("LfsPointer", e.Reason);
        Assert.Contains("big.yaml", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Submodule_IsShownAsOne() =>
        Assert.Equal(Fleet.Rendering.Files.FileKind.Submodule, Whole(Manifests.Files(("lib", "submodule")), "").Find("lib").Kind);

    [Fact]
    public void Path_Missing_IsNamed()
    {
        var e = Assert.Throws<ContentException>(() => Whole(Manifests.Files(("a.yaml", "a: 1")), "deploy/prod"));
        Assert.Equal("PathMissing", e.Reason);
        Assert.Contains("deploy/prod", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Walk_MoreObjectsThanTheLimit_IsRefused()
    {
        var commit = _git.Commit(Manifests.Files([.. Enumerable.Range(0, 30).Select(i => ($"f{i}", $"{i}"))]));
        Take(commit);
        Assert.Equal("TooMany", Assert.Throws<ContentException>(() => new ContentWalk(_store, ContentLimits.Standard with { Objects = 20 }).Run(Id(commit), [""])).Reason);
    }

    [Fact]
    public void DiskStore_FileChanged_CountsAsMissing()
    {
        var folder = Directory.CreateTempSubdirectory("fleet-store-").FullName;
        try
        {
            var id = Id(_git.Add(GitObjectType.Blob, "good"u8.ToArray()));
            new DiskObjectStore(folder, 1 << 20).Write(id, new(GitObjectType.Blob, "good"u8.ToArray()));
            var again = new DiskObjectStore(folder, 1 << 20);
            Assert.True(again.Contains(id));
            File.WriteAllText(Path.Combine(folder, id.Hex[..2], id.Hex[2..]), "evil");
            Assert.Null(again.Read(id));
            Assert.False(again.Contains(id));
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Fact]
    public void Store_Full_DropsTheLeastRecentlyUsed()
    {
        var store = new MemoryObjectStore(25);
        var ids = Enumerable.Range(0, 3).Select(i => Id(_git.Add(GitObjectType.Blob, Encoding.UTF8.GetBytes($"blob-{i:0000}")))).ToList();
        store.Write(ids[0], new(GitObjectType.Blob, "blob-0000"u8.ToArray()));
        store.Write(ids[1], new(GitObjectType.Blob, "blob-0001"u8.ToArray()));
        store.Contains(ids[0]);
        store.Write(ids[2], new(GitObjectType.Blob, "blob-0002"u8.ToArray()));
        Assert.True(store.Contains(ids[0]));
        Assert.False(store.Contains(ids[1]));
    }

    private static GitId Id(string hex) => GitId.TryParse(hex, out var id) ? id : throw new ArgumentException(hex);

    private ContentReceiver Receiver() => new(_store, ContentLimits.Standard);

    private ContentException Refuse(ContentObject item) => Assert.Throws<ContentException>(() => Receiver().Take(Part(item)));

    private static ContentPart Part(ContentObject item)
    {
        var objects = new ContentObjects();
        objects.Objects.Add(item);
        return new() { Objects = objects.ToByteString() };
    }

    private static ContentObject Slice(string id, int offset, string text) =>
        new() { Oid = ByteString.CopyFrom(Convert.FromHexString(id)), Type = GitObjectType.Blob, Size = 10, Offset = (ulong)offset, Data = ByteString.CopyFromUtf8(text) };

    private static ContentObject Edit(string before, string after, TreeEdit edit) => new()
    {
        Oid = ByteString.CopyFrom(Convert.FromHexString(after)),
        Base = ByteString.CopyFrom(Convert.FromHexString(before)),
        Type = GitObjectType.Tree,
        Encoding = ContentEncoding.TreeEdit,
        Data = edit.ToByteString(),
        Size = 1,
    };

    private string TreeOf(string commit) => GitTree.TreeOfCommit(_git.Objects[commit].Bytes)!.Value.Hex;

    private void Take(string commit)
    {
        var receiver = Receiver();
        foreach (var id in _git.Closure(commit)) receiver.Take(Part(_git.Wire(id)));
    }

    private GitFileTree Whole(Dictionary<string, string> files, string root)
    {
        var commit = _git.Commit(files);
        Take(commit);
        var walk = new ContentWalk(_store, ContentLimits.Standard);
        walk.Run(Id(commit), [root]);
        Assert.Empty(walk.Missing);
        return new(_store, Id(commit), [root]);
    }
}
