using Fleet.Hub.Storage.Enrollment;
using Fleet.Hub.Storage.Tests.Database;

namespace Fleet.Hub.Storage.Tests.Enrollment;

public sealed class TokenStoreTests
{
    private static readonly DateTimeOffset Now = TestDatabase.Start;

    [Theory, Databases]
    public async Task Burn_SameKeyAgain_GetsTheSameCluster(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await Insert(db, uses: 1);
        Assert.Equal((TokenOutcome.Burned, "c1"), await Burn(db, 1, "c1"));
        Assert.Equal((TokenOutcome.Repeated, "c1"), await Burn(db, 1, "c2"));
        Assert.Equal((TokenOutcome.Repeated, "c1"), await Burn(db, 1, "c2", Now.AddHours(2)));
        Assert.Equal(1, (await db.Read(t => db.Stores.Tokens.GetAsync(t, "id", default)))!.Used);
        Assert.Equal("c1", Assert.Single(await db.Read(t => db.Stores.Tokens.UsesAsync(t, "id", 10, default))).Cluster);
    }

    [Theory, Databases]
    public async Task Burn_UsedUpExpiredRevokedWrongOrUnknown_IsToldApart(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await Insert(db, uses: 1);
        Assert.Equal(TokenOutcome.Unknown, (await Burn(db, 1, "c1", secret: 8)).Outcome);
        Assert.Equal(TokenOutcome.Unknown, (await Burn(db, 1, "c1", token: "other")).Outcome);
        Assert.Equal(TokenOutcome.Expired, (await Burn(db, 1, "c1", Now.AddHours(1))).Outcome);
        Assert.Equal(TokenOutcome.Burned, (await Burn(db, 1, "c1")).Outcome);
        Assert.Equal(TokenOutcome.UsedUp, (await Burn(db, 2, "c2")).Outcome);
        Assert.True(await db.Write(t => db.Stores.Tokens.RevokeAsync(t, "edge", Now, default)));
        Assert.False(await db.Write(t => db.Stores.Tokens.RevokeAsync(t, "edge", Now, default)));
        Assert.Equal(TokenOutcome.Revoked, (await Burn(db, 1, "c1")).Outcome);
    }

    [Theory, Databases]
    public async Task Burn_ManyKeysAtOnce_NeverMoreThanItsUses(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await Insert(db, uses: 3);
        var outcomes = await Task.WhenAll(Enumerable.Range(1, 16).Select(key => Task.Run(() => Burn(db, (byte)key, "c" + key))));
        Assert.Equal(3, outcomes.Count(o => o.Outcome == TokenOutcome.Burned));
        Assert.Equal(13, outcomes.Count(o => o.Outcome == TokenOutcome.UsedUp));
    }

    [Theory, Databases]
    public async Task Burn_RolledBack_CostsNoUse(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await Insert(db, uses: 1);
        await Assert.ThrowsAsync<InvalidDataException>(() => db.Write(async t =>
        {
            await db.Stores.Tokens.BurnAsync(t, [9], Use(1, "c1", "id"), Now, default);
            throw new InvalidDataException();
        }));
        Assert.Equal(TokenOutcome.Burned, (await Burn(db, 2, "c2")).Outcome);
    }

    [Theory, Databases]
    public async Task RevokeAll_AndSweep_EndTokens(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await Insert(db, uses: 1);
        Assert.False(await db.Write(t => db.Stores.Tokens.InsertAsync(t, Token(1) with { Id = "id2" }, default)));
        Assert.Equal(1, await db.Write(t => db.Stores.Tokens.RevokeAllAsync(t, Now, default)));
        Assert.Equal(Now, (await db.Read(t => db.Stores.Tokens.GetByNameAsync(t, "edge", default)))!.RevokedAt);
        Assert.Single(await db.Read(t => db.Stores.Tokens.ListAsync(t, "", 10, default)));
        Assert.Equal(1, await db.Write(t => db.Stores.Tokens.SweepAsync(t, Now.AddHours(2), default)));
    }

    [Theory, Databases]
    public async Task Challenge_Taken_IsGoodOnceAndInTime(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.AddClusters("c1");
        foreach (var id in new[] { "x", "y", "z" })
        {
            await db.Write(t => db.Stores.Challenges.InsertAsync(t, new(id, "c1", [1, 2], Now.AddSeconds(60)), default));
        }

        Assert.Equal("c1", (await db.Write(t => db.Stores.Challenges.TakeAsync(t, "x", Now, default)))?.Cluster);
        Assert.Null(await db.Write(t => db.Stores.Challenges.TakeAsync(t, "x", Now, default)));
        Assert.Null(await db.Write(t => db.Stores.Challenges.TakeAsync(t, "y", Now.AddSeconds(60), default)));
        Assert.Equal(1, await db.Write(t => db.Stores.Challenges.SweepAsync(t, Now.AddSeconds(61), default)));
    }

    private static async Task<(TokenOutcome Outcome, string Cluster)> Burn(TestDatabase db, byte key, string cluster, DateTimeOffset? now = null, byte secret = 9, string token = "id")
    {
        var burn = await db.Write(t => db.Stores.Tokens.BurnAsync(t, [secret], Use(key, cluster, token), now ?? Now, default));
        return (burn.Outcome, burn.Cluster);
    }

    private static TokenUse Use(byte key, string cluster, string token) => new(token, [key], cluster, "name-" + cluster, "request", Now);

    private static async Task Insert(TestDatabase db, long uses) => Assert.True(await db.Write(t => db.Stores.Tokens.InsertAsync(t, Token(uses), default)));

    private static StoredToken Token(long uses) =>
        new("id", "edge", 0, [9], "edge-*", new Dictionary<string, string> { ["env"] = "edge" }, uses, 0, "Token", "admin", Now, Now.AddHours(1), null);
}
