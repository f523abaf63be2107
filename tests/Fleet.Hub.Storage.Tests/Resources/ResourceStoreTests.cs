using Fleet.Hub.Storage.Resources;
using Fleet.Hub.Storage.Tests.Database;

namespace Fleet.Hub.Storage.Tests.Resources;

public sealed class ResourceStoreTests
{
    private static readonly DateTimeOffset Now = TestDatabase.Start;

    [Theory, Databases]
    public async Task Insert_NewResource_IsReadBackWhole(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        var resource = Resource("Assignment", "web") with { Labels = new Dictionary<string, string> { ["b"] = "2", ["a"] = "ä" } };
        Assert.True(await db.Write(t => db.Stores.Resources.InsertAsync(t, resource, default)));
        var read = Assert.IsType<StoredResource>(await db.Read(t => db.Stores.Resources.GetAsync(t, "Assignment", "web", default)));
        Assert.Equal(1, read.Version);
        Assert.Equal(resource.Labels.OrderBy(l => l.Key), read.Labels.OrderBy(l => l.Key));
        Assert.Equal(resource with { Version = 1, Labels = read.Labels, Body = read.Body }, read);
        Assert.Equal(resource.Body, read.Body);
        Assert.Equal("web", (await db.Read(t => db.Stores.Resources.GetByUidAsync(t, resource.Uid, default)))?.Name);
    }

    [Theory, Databases]
    public async Task Insert_NameTaken_IsRefused(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        Assert.True(await db.Write(t => db.Stores.Resources.InsertAsync(t, Resource("Assignment", "web"), default)));
        Assert.False(await db.Write(t => db.Stores.Resources.InsertAsync(t, Resource("Assignment", "web") with { Uid = "other" }, default)));
        Assert.True(await db.Write(t => db.Stores.Resources.InsertAsync(t, Resource("GitSource", "web"), default)));
    }

    [Theory, Databases]
    public async Task Update_StaleVersion_ChangesNothing(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.Write(t => db.Stores.Resources.InsertAsync(t, Resource("Assignment", "web"), default));
        var read = (await db.Read(t => db.Stores.Resources.GetAsync(t, "Assignment", "web", default)))!;
        Assert.Equal(2, await db.Write(t => db.Stores.Resources.UpdateAsync(t, read with { Generation = 2 }, default)));
        Assert.Null(await db.Write(t => db.Stores.Resources.UpdateAsync(t, read with { Generation = 3 }, default)));
        Assert.Equal(2, (await db.Read(t => db.Stores.Resources.GetAsync(t, "Assignment", "web", default)))!.Generation);
    }

    [Theory, Databases]
    public async Task List_Pages_InOrderOfBytes(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        string[] names = ["a-b", "a.b", "a0", "aa", "ab", "b"];
        foreach (var name in names.Reverse())
        {
            await db.Write(t => db.Stores.Resources.InsertAsync(t, Resource("Assignment", name), default));
        }

        var first = await db.Read(t => db.Stores.Resources.ListAsync(t, "Assignment", "", 4, default));
        var second = await db.Read(t => db.Stores.Resources.ListAsync(t, "Assignment", first[^1].Name, 4, default));
        Assert.Equal(names, first.Concat(second).Select(r => r.Name));
        Assert.Equal(names.Length, await db.Read(t => db.Stores.Resources.CountAsync(t, "Assignment", default)));
    }

    [Theory, Databases]
    public async Task Delete_MarkedThenRemoved_LeavesNothing(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.Write(t => db.Stores.Resources.InsertAsync(t, Resource("Assignment", "web"), default));
        var read = (await db.Read(t => db.Stores.Resources.GetAsync(t, "Assignment", "web", default)))!;
        await db.Write(t => db.Stores.Resources.MarkDeletedAsync(t, read, Now.AddSeconds(1), default));
        read = (await db.Read(t => db.Stores.Resources.GetAsync(t, "Assignment", "web", default)))!;
        Assert.Equal(Now.AddSeconds(1), read.DeletedAt);
        Assert.True(await db.Write(t => db.Stores.Resources.RemoveAsync(t, read, default)));
        Assert.Null(await db.Read(t => db.Stores.Resources.GetAsync(t, "Assignment", "web", default)));
        Assert.False(await db.Write(t => db.Stores.Resources.RemoveAsync(t, read, default)));
    }

    [Theory, Databases]
    public async Task PutStatus_SameBytes_WritesNothing(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.Write(t => db.Stores.Resources.InsertAsync(t, Resource("Assignment", "web"), default));
        var uid = Resource("Assignment", "web").Uid;
        Assert.True(await db.Write(t => db.Stores.Resources.PutStatusAsync(t, uid, [1, 2], Now, default)));
        Assert.False(await db.Write(t => db.Stores.Resources.PutStatusAsync(t, uid, [1, 2], Now, default)));
        Assert.True(await db.Write(t => db.Stores.Resources.PutStatusAsync(t, uid, [3], Now, default)));
        Assert.False(await db.Write(t => db.Stores.Resources.PutStatusAsync(t, "gone", [3], Now, default)));
        Assert.Equal([3], await db.Read(t => db.Stores.Resources.GetStatusAsync(t, uid, default)));
        Assert.Null(await db.Read(t => db.Stores.Resources.GetStatusAsync(t, "gone", default)));
        Assert.Equal([uid], (await db.Read(t => db.Stores.Resources.StatusesAsync(t, "Assignment", default))).Select(s => s.Uid));
        Assert.Equal([uid], (await db.Read(t => db.Stores.Resources.StatusesAsync(t, [uid, "gone"], default))).Select(s => s.Uid));
        var read = (await db.Read(t => db.Stores.Resources.GetAsync(t, "Assignment", "web", default)))!;
        Assert.Equal((3, 1), (read.Version, read.Generation));
    }

    internal static StoredResource Resource(string kind, string name) =>
        new(kind, name, $"{kind}-{name}", 0, 1, new Dictionary<string, string>(), [1, 2, 3], Now, Now, null);
}
