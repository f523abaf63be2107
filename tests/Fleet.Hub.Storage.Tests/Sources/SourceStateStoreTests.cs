using Fleet.Hub.Storage.Sources;
using Fleet.Hub.Storage.Tests.Database;

namespace Fleet.Hub.Storage.Tests.Sources;

public sealed class SourceStateStoreTests
{
    private static readonly DateTimeOffset Now = TestDatabase.Start;

    [Theory, Databases]
    public async Task Put_StateAndRefs_AreReadBackAndReplaced(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        var sources = db.Stores.Sources;
        var state = new SourceState("s1", "refs/heads/main", Now, Now.AddSeconds(30), 0, "", "");
        await db.Write(t => sources.PutAsync(t, state, default));
        Assert.Equal(state, await db.Read(t => sources.GetAsync(t, "s1", default)));
        var failed = state with { Failures = 2, Reason = "Unreachable", Message = "no route", NextPoll = null };
        await db.Write(t => sources.PutAsync(t, failed, default));
        Assert.Equal(failed, await db.Read(t => sources.GetAsync(t, "s1", default)));

        var reference = new SourceRef("s1", "main", "c0ffee", Now, "First", "Ann <ann@example.org>", new Dictionary<string, string> { ["apps/web"] = "7ree" });
        await db.Write(t => sources.PutRefAsync(t, reference, default));
        await db.Write(t => sources.PutRefAsync(t, reference with { CommitId = "beef" }, default));
        var read = Assert.Single(await db.Read(t => sources.RefsAsync(t, "s1", default)));
        Assert.Equal(("beef", "7ree"), (read.CommitId, read.Trees["apps/web"]));

        await db.Write(t => sources.PutRefAsync(t, reference with { Ref = "v1" }, default));
        await db.Write(t => sources.RemoveRefAsync(t, "s1", "main", default));
        Assert.Equal(["v1"], (await db.Read(t => sources.RefsAsync(t, "s1", default))).Select(r => r.Ref));
        await db.Write(t => sources.RemoveAsync(t, "s1", default));
        Assert.Null(await db.Read(t => sources.GetAsync(t, "s1", default)));
        Assert.Empty(await db.Read(t => sources.RefsAsync(t, "s1", default)));
    }
}
