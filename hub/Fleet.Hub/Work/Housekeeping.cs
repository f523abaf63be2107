using Fleet.Hub.Sessions;
using Fleet.Hub.Storage;

namespace Fleet.Hub.Work;

/// <summary>Takes away what nothing needs any more: once an hour, at one node.</summary>
internal sealed class Housekeeping(FleetDatabase database, FleetStores stores, NodeIdentity node, TimeProvider time, ILogger<Housekeeping> logger)
    : KeyedController(WorkKinds.Housekeeping, database, stores.Work, node, time, logger)
{
    private const long FeedEntries = 100_000;
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);

    // Longer than anything that was prepared needs to become a target, and than a rollback is likely to reach back.
    private static readonly TimeSpan KeepContent = TimeSpan.FromDays(7);
    private static readonly TimeSpan KeepRemovals = TimeSpan.FromDays(2);

    private readonly FleetDatabase _database = database;
    private readonly TimeProvider _time = time;

    protected override Task BeginAsync(CancellationToken cancellationToken) => _database.WriteAsync(
        (tx, cancel) => stores.Work.RaiseAsync(tx, WorkKinds.Housekeeping, WorkKinds.All, _database.Clock.GetUtcNow() + TimeSpan.FromMinutes(5), cancel), cancellationToken);

    protected override async Task<TimeSpan?> RunAsync(string key, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        // Each in a transaction of its own: none holds the writer for long.
        await _database.WriteAsync((tx, cancel) => stores.Content.SweepAsync(tx, now - KeepContent, cancel), cancellationToken).ConfigureAwait(false);
        await _database.WriteAsync((tx, cancel) => stores.Specs.SweepAsync(tx, now - KeepContent, cancel), cancellationToken).ConfigureAwait(false);
        await _database.WriteAsync((tx, cancel) => stores.Targets.TrimRemovalsAsync(tx, now - KeepRemovals, cancel), cancellationToken).ConfigureAwait(false);
        await _database.WriteAsync((tx, cancel) => stores.Feed.TrimAsync(tx, FeedEntries, cancel), cancellationToken).ConfigureAwait(false);
        return Every;
    }
}
