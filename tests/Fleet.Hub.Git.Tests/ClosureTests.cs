using System.Security.Cryptography;
using System.Text;

namespace Fleet.Hub.Git.Tests;

public sealed class ClosureTests
{
    [Theory]
    [InlineData("sha1")]
    [InlineData("sha256")]
    public async Task ReadClosure_OneFolder_HoldsItAndTheWayDownAlone(string format)
    {
        await using var repository = await TestRepository.StartAsync(format: format);
        repository.Write("apps/web/a.yaml", "a: 1");
        repository.Write("apps/web/sub/b.yaml", "b: 2");
        repository.Write("apps/other/secret.yaml", "c: 3");
        var commit = await repository.CommitAndFetchAsync("Deploy web\n\nBecause.");

        var closure = Value(await repository.Mirror.ReadClosureAsync(commit, ["apps/web"], ClosureLimits.Default, default));

        Assert.Equal(["", "", "apps", "apps/web", "apps/web/a.yaml", "apps/web/sub", "apps/web/sub/b.yaml"], closure.Entries.Select(e => e.Path).Order(StringComparer.Ordinal));
        foreach (var entry in closure.Entries)
        {
            var read = Value(await repository.Mirror.ReadObjectAsync(entry.Oid, 1 << 20, default));
            Assert.Equal(entry.Size, read.Bytes.Length);
            Assert.Equal(entry.Oid, Hash(format, read));
        }

        var summary = Value(await repository.Mirror.ReadCommitAsync(commit, default));
        Assert.Equal(("Deploy web", "Ada <ada@example.com>"), (summary.Subject, summary.Author));
    }

    [Fact]
    public async Task TreeId_OtherFolderChanges_StaysTheSame()
    {
        await using var repository = await TestRepository.StartAsync();
        repository.Write("a/x", "1");
        repository.Write("b/x", "1");
        var first = await repository.CommitAndFetchAsync();
        repository.Write("b/x", "2");
        var second = await repository.CommitAndFetchAsync();

        Assert.Equal(Value(await repository.Mirror.TreeIdAsync(first, "a", default)), Value(await repository.Mirror.TreeIdAsync(second, "./a/", default)));
        Assert.NotEqual(Value(await repository.Mirror.TreeIdAsync(first, "b", default)), Value(await repository.Mirror.TreeIdAsync(second, "b", default)));
        Assert.NotEqual(Value(await repository.Mirror.TreeIdAsync(first, "", default)), Value(await repository.Mirror.TreeIdAsync(second, ".", default)));
    }

    [Fact]
    public async Task ReadClosure_PathMissing_SaysSo()
    {
        await using var repository = await TestRepository.StartAsync();
        repository.Write("a/x", "1");
        var commit = await repository.CommitAndFetchAsync();
        await RefusedAsync(repository, commit, "b", GitFailureReason.PathMissing, "'b'");
        Assert.Equal(GitFailureReason.PathMissing, (await repository.Mirror.TreeIdAsync(commit, "b", default)).Failure?.Reason);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData(":(top)a")]
    [InlineData("*")]
    public async Task ReadClosure_PathsThatLookLikeOptionsOrPatterns_AreTakenLiterally(string path)
    {
        await using var repository = await TestRepository.StartAsync();
        repository.Write("a/x", "1");
        await RefusedAsync(repository, await repository.CommitAndFetchAsync(), path, GitFailureReason.PathMissing, path);
    }

    [Fact]
    public async Task ReadClosure_LargeFile_IsNamed()
    {
        await using var repository = await TestRepository.StartAsync();
        repository.Write("a/dump.sql", new string('x', 50 << 20));
        await RefusedAsync(repository, await repository.CommitAndFetchAsync(), "a", GitFailureReason.TooLarge, "a/dump.sql");
    }

    [Fact]
    public async Task ReadClosure_LfsPointer_IsNamed()
    {
        await using var repository = await TestRepository.StartAsync();
        repository.Write("a/big.yaml", $"version https://git-lfs.github.com/spec/v1\noid sha256:{new string('0', 64)}\nsize 12345678\n");
        await RefusedAsync(repository, await repository.CommitAndFetchAsync(), "a", GitFailureReason.LargeFilePointer, "a/big.yaml");
    }

    [Fact]
    public async Task ReadClosure_Submodule_IsNamed()
    {
        await using var repository = await TestRepository.StartAsync();
        repository.Write("a/x", "1");
        repository.Commit();
        repository.InWork("update-index", "--add", "--cacheinfo", $"160000,{repository.Head},a/module");
        repository.InWork("commit", "-q", "-m", "module");
        repository.InWork("push", "-q", "origin", "HEAD:refs/heads/main");
        var commit = repository.Head;
        Assert.True((await repository.Mirror.FetchAsync(repository.Remote, [commit], default)).IsOk);
        await RefusedAsync(repository, commit, "a", GitFailureReason.Submodule, "a/module");
    }

    [Theory]
    [InlineData("../../etc/passwd", false)]
    [InlineData("/etc/passwd", false)]
    [InlineData("../b/x", false)]
    [InlineData("x", true)]
    [InlineData("sub/../x", true)]
    public async Task ReadClosure_Symlinks_StayInside(string target, bool allowed)
    {
        await using var repository = await TestRepository.StartAsync();
        repository.Write("a/x", "1");
        repository.Write("b/x", "1");
        repository.Link("a/link", target);
        var commit = await repository.CommitAndFetchAsync();
        if (allowed)
        {
            Value(await repository.Mirror.ReadClosureAsync(commit, ["a"], ClosureLimits.Default, default));
        }
        else
        {
            await RefusedAsync(repository, commit, "a", GitFailureReason.SymlinkOutside, "a/link");
        }
    }

    [Fact]
    public async Task ReadClosure_TooManyObjects_IsRefused()
    {
        await using var repository = await TestRepository.StartAsync();
        for (var i = 0; i < 30; i++)
        {
            repository.Write($"a/{i}", $"{i}");
        }

        var commit = await repository.CommitAndFetchAsync();
        var closure = await repository.Mirror.ReadClosureAsync(commit, ["a"], new ClosureLimits { MaxObjects = 20 }, default);
        Assert.Equal(GitFailureReason.TooMany, closure.Failure?.Reason);
    }

    [Fact]
    public async Task ReadObject_LargerThanTheLimit_ReadsNothingAndGoesOn()
    {
        await using var repository = await TestRepository.StartAsync();
        repository.Write("a/x", new string('x', 200_000));
        var commit = await repository.CommitAndFetchAsync();
        var closure = Value(await repository.Mirror.ReadClosureAsync(commit, ["a"], ClosureLimits.Default, default));
        var blob = closure.Entries.Single(e => e.Kind == GitObjectKind.Blob);

        Assert.Equal(GitFailureReason.TooLarge, (await repository.Mirror.ReadObjectAsync(blob.Oid, 1000, default)).Failure?.Reason);
        var whole = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => repository.Mirror.ReadObjectAsync(blob.Oid, 1 << 20, default)));
        Assert.All(whole, w => Assert.Equal(200_000, Value(w).Bytes.Length));
    }

    private static async Task RefusedAsync(TestRepository repository, string commit, string root, GitFailureReason reason, string named)
    {
        var closure = await repository.Mirror.ReadClosureAsync(commit, [root], ClosureLimits.Default, default);
        Assert.True(closure.Failure?.Reason == reason, $"expected {reason}, got {closure}");
        Assert.Contains(named, closure.Failure!.Message, StringComparison.Ordinal);
    }

    private static T Value<T>(GitResult<T> result)
    {
        Assert.True(result.IsOk, result.ToString());
        return result.Value!;
    }

    private static string Hash(string format, GitObject o)
    {
        byte[] all = [.. Encoding.ASCII.GetBytes($"{o.Kind.ToString().ToLowerInvariant()} {o.Bytes.Length}\0"), .. o.Bytes];
        return Convert.ToHexStringLower(format == "sha1" ? SHA1.HashData(all) : SHA256.HashData(all));
    }
}
