using System.Collections.Concurrent;
using Fleet.Hub.Storage.Tests.Database;
using Fleet.Hub.Storage.Work;
using Fleet.Testing.Seeds;
using Xunit.Abstractions;

namespace Fleet.Hub.Storage.Tests.Work;

public sealed class WorkStoreTests(ITestOutputHelper output)
{
    private static readonly DateTimeOffset Now = TestDatabase.Start;
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    [Theory, Databases]
    public async Task Claim_RaisedKey_IsLeasedToOne(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await Raise(db, "k");
        await Raise(db, "k");
        var item = Assert.Single(await Claim(db));
        Assert.Equal(("k", 2L, 0L), (item.Key, item.Wanted, item.Attempts));
        Assert.Empty(await Claim(db));
        Assert.True(await Complete(db, item));
        Assert.Empty(await Claim(db));
        Assert.Equal(0, await db.Read(t => db.Stores.Work.CountWantedAsync(t, "rollout", default)));
    }

    [Theory, Databases]
    public async Task Complete_RaisedDuringTheWork_StaysWanted(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await Raise(db, "k");
        var item = Assert.Single(await Claim(db));
        await Raise(db, "k");
        Assert.True(await Complete(db, item, Now.AddHours(1)));
        Assert.Equal(2, Assert.Single(await Claim(db)).Wanted);
    }

    [Theory, Databases]
    public async Task Complete_WithANextTime_IsDueThen(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await Raise(db, "k");
        await Complete(db, Assert.Single(await Claim(db)), Now.AddSeconds(30));
        Assert.Equal(Now.AddSeconds(30), await db.Read(t => db.Stores.Work.NextDueAsync(t, "rollout", default)));
        Assert.Empty(await Claim(db, Now.AddSeconds(29)));
        Assert.Single(await Claim(db, Now.AddSeconds(30)));
        Assert.Null(await db.Read(t => db.Stores.Work.NextDueAsync(t, "none", default)));
    }

    [Theory, Databases]
    public async Task Raise_PendingKey_KeepsTheEarlierTime(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await Raise(db, "k", Now.AddHours(1));
        await Raise(db, "k", Now);
        await Raise(db, "k", Now.AddHours(2));
        Assert.Single(await Claim(db));
    }

    [Theory, Databases]
    public async Task Lease_Lost_CompletesAndRenewsNothing(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await Raise(db, "k");
        var lost = Assert.Single(await Claim(db));
        Assert.True(await db.Write(t => db.Stores.Work.RenewAsync(t, lost, Lease, Now, default)));
        var live = Assert.Single(await Claim(db, Now + Lease));
        Assert.True(live.LeaseToken > lost.LeaseToken);
        Assert.False(await Complete(db, lost));
        Assert.False(await db.Write(t => db.Stores.Work.FailAsync(t, lost, Now, default)));
        Assert.False(await db.Write(t => db.Stores.Work.RenewAsync(t, lost, Lease, Now, default)));
        Assert.False(await db.Write(t => db.Stores.Work.RemoveAsync(t, lost, default)));
        Assert.True(await Complete(db, live));
        Assert.False(await Complete(db, live));
    }

    [Theory, Databases]
    public async Task Fail_BacksOff_AndAChangeEndsTheWait(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await Raise(db, "k");
        Assert.True(await db.Write(async t => await db.Stores.Work.FailAsync(t, (await db.Stores.Work.ClaimAsync(t, "rollout", "n", Lease, 1, Now, default))[0], Now.AddMinutes(5), default)));
        Assert.Empty(await Claim(db));
        await Raise(db, "k");
        Assert.Equal(1, Assert.Single(await Claim(db)).Attempts);
    }

    [Theory, Databases]
    public async Task ReleaseOwner_DeadNode_FreesItsKeys(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        await db.Write(t => db.Stores.Work.RaiseAsync(t, "rollout", ["b", "a", "b"], Now, default));
        Assert.Equal(2, (await Claim(db)).Count);
        Assert.Equal(2, await db.Write(t => db.Stores.Work.ReleaseOwnerAsync(t, "node", default)));
        var again = await Claim(db);
        Assert.Equal(2, again.Count);
        Assert.True(await db.Write(t => db.Stores.Work.RemoveAsync(t, again[0], default)));
    }

    [Theory, Databases]
    public async Task Queue_RaisersAndWorkersAtOnce_LosesNoChangeAndSharesNoKey(DatabaseKind kind)
    {
        await using var db = await TestDatabase.OpenAsync(kind);
        string[] keys = ["a", "b", "c", "d", "e"];
        var truth = new ConcurrentDictionary<string, int>();
        var seen = new ConcurrentDictionary<string, int>();
        var working = new ConcurrentDictionary<string, bool>();
        using var raised = new CancellationTokenSource();
        var seed = TestSeed.For(output.WriteLine);
        var raisers = Enumerable.Range(0, 4).Select(raiser => Task.Run(async () =>
        {
            var random = seed.Random(raiser);
            for (var i = 0; i < 40; i++)
            {
                var key = keys[random.Next(keys.Length)];

                // The state changes before the raise commits, as in a changing transaction.
                truth.AddOrUpdate(key, 1, (_, n) => n + 1);
                await Raise(db, key);
            }
        })).ToArray();
        var workers = Enumerable.Range(0, 4).Select(worker => Task.Run(async () =>
        {
            while (true)
            {
                var finishing = raised.IsCancellationRequested;
                var items = await db.Write(t => db.Stores.Work.ClaimAsync(t, "rollout", "w" + worker, Lease, 2, Now, default));
                foreach (var item in items)
                {
                    Assert.True(working.TryAdd(item.Key, true), "two workers had one key");
                    seen[item.Key] = truth[item.Key];
                    await Task.Yield();
                    Assert.True(working.TryRemove(item.Key, out _));
                    Assert.True(await Complete(db, item));
                }

                if (finishing && items.Count == 0)
                {
                    return;
                }
            }
        })).ToArray();
        await Task.WhenAll(raisers);
        await raised.CancelAsync();
        await Task.WhenAll(workers);
        Assert.Equal(truth.OrderBy(p => p.Key), seen.OrderBy(p => p.Key));
    }

    private static Task Raise(TestDatabase db, string key, DateTimeOffset? notBefore = null) => db.Write(t => db.Stores.Work.RaiseAsync(t, "rollout", key, notBefore ?? Now, default));

    private static Task<IReadOnlyList<WorkItem>> Claim(TestDatabase db, DateTimeOffset? now = null) =>
        db.Write(t => db.Stores.Work.ClaimAsync(t, "rollout", "node", Lease, 10, now ?? Now, default));

    private static Task<bool> Complete(TestDatabase db, WorkItem item, DateTimeOffset? next = null) => db.Write(t => db.Stores.Work.CompleteAsync(t, item, next, default));
}
