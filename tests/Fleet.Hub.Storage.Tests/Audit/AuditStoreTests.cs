using Fleet.Hub.Storage.Audit;
using Fleet.Hub.Storage.Rows;
using Fleet.Hub.Storage.Tests.Database;

namespace Fleet.Hub.Storage.Tests.Audit;

public sealed class AuditStoreTests
{
    private static readonly DateTimeOffset Now = TestDatabase.Start;

    [Theory, Databases]
    public async Task List_NewestFirst_PagedAndFiltered(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        for (var i = 0; i < 5; i++)
        {
            var row = Row("event-" + i) with { Cluster = i % 2 == 0 ? "c1" : "c2", Clusters = ["one", "two"], ClusterCount = 2 };
            Assert.Equal(row.Id, await db.Write(t => db.Stores.Audit.AppendAsync(t, row, default)));
        }

        var first = await List(db, new(), null, 3);
        Assert.Equal(["event-4", "event-3", "event-2"], first.Select(r => r.Message));
        Assert.Equal(["event-1", "event-0"], (await List(db, new(), first[^1].Seq, 3)).Select(r => r.Message));
        Assert.Equal(3, (await List(db, new(Cluster: "c1"), null, 9)).Count);
        Assert.Empty(await List(db, new("Assignment/other"), null, 9));
        Assert.Equal(["one", "two"], (await db.Read(t => db.Stores.Audit.GetAsync(t, first[0].Id, default)))!.Clusters);
    }

    [Theory, Databases]
    public async Task Append_TransactionRolledBack_TellsNothing(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await Assert.ThrowsAsync<InvalidDataException>(() => db.Write(async t =>
        {
            await db.Stores.Audit.AppendAsync(t, Row("never"), default);
            throw new InvalidDataException();
        }));
        Assert.Empty(await List(db, new(), null, 9));
    }

    [Theory, Databases]
    public async Task Seals_ChainBatches_AndFindWhatWasChanged(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        for (var i = 0; i < 5; i++)
        {
            await db.Write(t => db.Stores.Audit.AppendAsync(t, Row("event-" + i), default));
        }

        await db.Settled();
        var first = (await Seal(db))!;
        var second = (await Seal(db))!;
        Assert.Equal((1L, 3L, 2L, 2L), (first.Batch, first.Events, second.Batch, second.Events));
        Assert.Equal(first.Hash, second.Previous);
        Assert.Null(await Seal(db));
        Assert.Equal(second.Hash, (await db.Read(t => db.Stores.AuditSeals.HeadAsync(t, default)))!.Hash);
        Assert.Null(await db.Read(t => db.Stores.AuditSeals.FindBrokenAsync(t, 1, default)));

        await db.Write(t => t.ExecuteAsync("UPDATE audit SET actor = 'someone else' WHERE message = 'event-4'", null, default));
        Assert.Equal(2, await db.Read(t => db.Stores.AuditSeals.FindBrokenAsync(t, 1, default)));
        await db.Write(t => t.ExecuteAsync("DELETE FROM audit WHERE message = 'event-0'", null, default));
        Assert.Equal(1, await db.Read(t => db.Stores.AuditSeals.FindBrokenAsync(t, 1, default)));
        await db.Write(t => t.ExecuteAsync("DELETE FROM audit_batch WHERE batch = 2", null, default));
        Assert.Equal(2, await db.Read(t => db.Stores.AuditSeals.FindBrokenAsync(t, 2, default)));
    }

    [Fact]
    public void Instants_KeepMicroseconds()
    {
        var time = Now.AddTicks(12_340);
        Assert.Equal(time, Instant.FromMicroseconds(Instant.ToMicroseconds(time)));
        Assert.Equal(DateTimeOffset.UnixEpoch.AddDays(-1), Instant.FromMicroseconds(Instant.ToMicroseconds(DateTimeOffset.UnixEpoch.AddDays(-1))));
    }

    private static Task<AuditBatch?> Seal(TestDatabase db) => db.Write(t => db.Stores.AuditSeals.SealAsync(t, 3, Now, default));

    private static Task<IReadOnlyList<AuditRow>> List(TestDatabase db, AuditFilter filter, long? before, int limit) =>
        db.Read(t => db.Stores.Audit.ListAsync(t, filter, before, limit, default));

    private static AuditRow Row(string message) => AuditRow.New("admin", "assignment.apply", "Assignment/web", Now) with { Message = message };
}
