using Fleet.Hub.Storage.Resources;
using Fleet.Hub.Storage.Tests.Database;

namespace Fleet.Hub.Storage.Tests.Resources;

public sealed class ChangeFeedStoreTests
{
    [Theory, Databases]
    public async Task Since_Cursor_GivesWhatCameAfterIt(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        Assert.Equal(ChangeCursor.Start, await db.Read(t => db.Stores.Feed.LatestAsync(t, default)));
        await Append(db, "a");
        await db.Settled();
        var cursor = await db.Read(t => db.Stores.Feed.LatestAsync(t, default));
        await Append(db, "b");
        await Append(db, "c");
        await db.Settled();
        Assert.Equal(["a", "b", "c"], Names(await Since(db, ChangeCursor.Start)));
        var entries = await Since(db, cursor);
        Assert.Equal(["b", "c"], Names(entries));
        Assert.Empty((await Since(db, entries![^1].Cursor))!);
    }

    [Theory, Databases]
    public async Task Since_TrimmedCursor_AsksForAnotherList(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await Append(db, "a");
        await db.Settled();
        var cursor = await db.Read(t => db.Stores.Feed.LatestAsync(t, default));
        await Append(db, "b");
        await Append(db, "c");
        await db.Settled();
        await db.Write(t => db.Stores.Feed.TrimAsync(t, 1, default));
        Assert.Null(await Since(db, cursor));
        Assert.Equal(["c"], Names(await Since(db, ChangeCursor.Start)));
    }

    [Fact]
    public async Task Since_TransactionsThatCommitOutOfOrder_LosesNone()
    {
        await using var db = await TestDatabase.OpenAsync(DatabaseKind.PostgreSql);
        var written = new TaskCompletionSource();
        var mayCommit = new TaskCompletionSource();
        var slow = db.Write(async t =>
        {
            await db.Stores.Feed.AppendAsync(t, Change("slow"), default);
            written.SetResult();
            await mayCommit.Task;
        });
        await written.Task;
        await Append(db, "fast");

        // "fast" has the higher number and is committed; a reader that took it now would never see "slow".
        var seen = (await Since(db, ChangeCursor.Start))!;
        mayCommit.SetResult();
        await slow;
        await db.Settled();
        var rest = (await Since(db, seen.Count == 0 ? ChangeCursor.Start : seen[^1].Cursor))!;
        Assert.Equal(["fast", "slow"], Names([.. seen, .. rest]).Order());
    }

    private static Task<IReadOnlyList<FeedEntry>?> Since(TestDatabase db, ChangeCursor cursor) => db.Read(t => db.Stores.Feed.SinceAsync(t, cursor, 100, default));

    private static Task Append(TestDatabase db, string name) => db.Write(t => db.Stores.Feed.AppendAsync(t, Change(name), default));

    private static ResourceChange Change(string name) => new("Assignment", name, "uid", 1, ChangeOperation.Modified);

    private static IEnumerable<string> Names(IReadOnlyList<FeedEntry>? entries) => entries!.Select(e => e.Name);
}
