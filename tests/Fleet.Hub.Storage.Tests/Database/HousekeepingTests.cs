using Fleet.Hub.Storage.Content;
using Fleet.Hub.Storage.Tests.Targets;

namespace Fleet.Hub.Storage.Tests.Database;

public sealed class HousekeepingTests
{
    [Theory, Databases]
    public async Task Run_DropsWhatEnded_KeepsWhatIsNamed(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.AddClusters("c1", "c2");
        var now = db.Database.Clock.GetUtcNow();
        var old = now.AddDays(-100);
        await db.Write(t => db.Stores.Targets.ChangeAsync(t, [TargetStoreTests.Set("c1", "a1"), TargetStoreTests.Set("c1", "a2")], TestDatabase.Lineage, old, default));
        await db.Write(t => db.Stores.Targets.ChangeAsync(t, [TargetStoreTests.Remove("c1", "a2")], TestDatabase.Lineage, old, default));
        await db.Write(t => db.Stores.Specs.PutAsync(t, [1], old, default));
        foreach (var (digest, oid) in new[] { ("closure", "named"), ("other", "unnamed") })
        {
            await db.Write(t => db.Stores.Content.PutAsync(t, new("s", digest, "r", digest, 1, 1), [oid], [new StoredObject(oid, "blob", 1, [1])], old, default));
        }

        await db.Write(t => db.Stores.Tokens.InsertAsync(t, new("i", "n", 0, [1], "*", new Dictionary<string, string>(), 1, 0, "Token", "a", old, old, null), default));
        await db.Write(t => db.Stores.Challenges.InsertAsync(t, new("x", "c1", [1], old), default));

        await Housekeeping.RunAsync(db.Database, db.Stores, new() { FeedEntries = 1 }, default);

        Task<long> Count(string table) => db.Read(t => t.FirstAsync<long>("SELECT count(*) FROM " + table, null, default));
        foreach (var (table, left) in new[] { ("removal", 0), ("target_spec", 0), ("git_object", 1), ("closure", 1), ("token", 0), ("recover_challenge", 0), ("change_feed", 1), ("target", 2), ("cluster", 2) })
        {
            Assert.Equal((table, left), (table, (int)await Count(table)));
        }
    }
}
