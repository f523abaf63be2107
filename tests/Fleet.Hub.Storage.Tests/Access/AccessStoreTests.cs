using Fleet.Hub.Storage.Access;
using Fleet.Hub.Storage.Tests.Database;

namespace Fleet.Hub.Storage.Tests.Access;

public sealed class AccessStoreTests
{
    private static readonly DateTimeOffset Now = TestDatabase.Start;

    [Theory, Databases]
    public async Task ApiKeys_AreFoundByHashAndRevokedOnce(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        var keys = db.Stores.ApiKeys;
        var key = new StoredApiKey("ci", [1, 2], "operator", "admin", Now, Now.AddDays(1), null, null);
        Assert.True(await db.Write(t => keys.InsertAsync(t, key, default)));
        Assert.False(await db.Write(t => keys.InsertAsync(t, key with { Hash = [3] }, default)));
        await db.Write(t => keys.TouchAsync(t, "ci", Now.AddMinutes(1), default));
        Assert.True(await db.Write(t => keys.RevokeAsync(t, "ci", Now.AddMinutes(2), default)));
        Assert.False(await db.Write(t => keys.RevokeAsync(t, "ci", Now, default)));
        var found = (await db.Read(t => keys.FindAsync(t, [1, 2], default)))!;
        Assert.Equal(("ci", "operator", Now.AddMinutes(1), Now.AddMinutes(2)), (found.Name, found.Role, found.LastUsed, found.RevokedAt));
        Assert.Null(await db.Read(t => keys.FindAsync(t, [1], default)));
        Assert.Equal("ci", (await db.Read(t => keys.GetAsync(t, "ci", default)))!.Name);
        Assert.Single(await db.Read(t => keys.ListAsync(t, default)));
    }

    [Theory, Databases]
    public async Task Credentials_AreReplacedAndRemoved(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        var credentials = db.Stores.Credentials;
        var credential = new StoredCredential("git", "basic", "bot", "k1", [1], 0, Now);
        await db.Write(t => credentials.PutAsync(t, credential, default));
        await db.Write(t => credentials.PutAsync(t, credential with { Sealed = [2], KeyId = "k2" }, default));
        var read = (await db.Read(t => credentials.GetAsync(t, "git", default)))!;
        Assert.Equal(("k2", 2L), (read.KeyId, read.Version));
        Assert.Equal([2], read.Sealed);
        Assert.Single(await db.Read(t => credentials.ListAsync(t, default)));
        Assert.True(await db.Write(t => credentials.RemoveAsync(t, "git", default)));
        Assert.False(await db.Write(t => credentials.RemoveAsync(t, "git", default)));
    }
}
