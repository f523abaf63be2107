namespace Fleet.Hub.Storage;

/// <summary>How long what is no longer needed is kept.</summary>
public sealed record Retention
{
    /// <summary>Changes in the feed; a Watch further behind lists again.</summary>
    public long FeedEntries { get; init; } = 50_000;

    /// <summary>Removals that guards look back at (24 h), and some more for operators.</summary>
    public TimeSpan Removals { get; init; } = TimeSpan.FromHours(48);

    /// <summary>Specs that no target names.</summary>
    public TimeSpan Specs { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Closures that no target names: what a rollback would need again.</summary>
    public TimeSpan Closures { get; init; } = TimeSpan.FromDays(14);

    /// <summary>Tokens that have ended.</summary>
    public TimeSpan Tokens { get; init; } = TimeSpan.FromDays(30);
}

/// <summary>Drops what nobody needs any more. Any node may run it, about once an hour.</summary>
public static class Housekeeping
{
    public static async Task RunAsync(FleetDatabase database, FleetStores stores, Retention retention, CancellationToken cancellationToken)
    {
        var now = database.Clock.GetUtcNow();

        // A transaction each: none of them is worth holding up the others, or a writer, for.
        await database.WriteAsync((t, cancel) => stores.Feed.TrimAsync(t, retention.FeedEntries, cancel), cancellationToken).ConfigureAwait(false);
        await database.WriteAsync((t, cancel) => stores.Targets.TrimRemovalsAsync(t, now - retention.Removals, cancel), cancellationToken).ConfigureAwait(false);
        await database.WriteAsync((t, cancel) => stores.Specs.SweepAsync(t, now - retention.Specs, cancel), cancellationToken).ConfigureAwait(false);
        await database.WriteAsync((t, cancel) => stores.Content.SweepAsync(t, now - retention.Closures, cancel), cancellationToken).ConfigureAwait(false);
        await database.WriteAsync((t, cancel) => stores.Tokens.SweepAsync(t, now - retention.Tokens, cancel), cancellationToken).ConfigureAwait(false);
        await database.WriteAsync((t, cancel) => stores.Commands.SweepAsync(t, now, cancel), cancellationToken).ConfigureAwait(false);
        await database.WriteAsync((t, cancel) => stores.Challenges.SweepAsync(t, now, cancel), cancellationToken).ConfigureAwait(false);
    }
}
