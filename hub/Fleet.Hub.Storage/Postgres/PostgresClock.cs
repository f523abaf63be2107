using Npgsql;

namespace Fleet.Hub.Storage.Postgres;

/// <summary>This node's clock, shifted to the database's, so that all nodes judge leases by one time.</summary>
internal sealed class PostgresClock(TimeProvider local, TimeSpan shift) : TimeProvider
{
    private long _shift = shift.Ticks;

    public override long TimestampFrequency => local.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => local.LocalTimeZone;

    public static async Task<PostgresClock> SynchroniseAsync(NpgsqlDataSource source, TimeProvider local, CancellationToken cancellationToken) =>
        new(local, await ShiftAsync(source, local, cancellationToken).ConfigureAwait(false));

    public async Task SynchroniseAsync(NpgsqlDataSource source, CancellationToken cancellationToken) =>
        Interlocked.Exchange(ref _shift, (await ShiftAsync(source, local, cancellationToken).ConfigureAwait(false)).Ticks);

    public override DateTimeOffset GetUtcNow() => local.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _shift));

    public override long GetTimestamp() => local.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        local.CreateTimer(callback, state, dueTime, period);

    private static async Task<TimeSpan> ShiftAsync(NpgsqlDataSource source, TimeProvider local, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using var command = new NpgsqlCommand("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint", connection);
        var before = local.GetUtcNow();
        var database = Rows.Instant.FromMicroseconds((long)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!);
        var after = local.GetUtcNow();

        // The answer was made somewhere between the two; a shift below what a lease can notice is left at none.
        var shift = database - (before + ((after - before) / 2));
        return shift.Duration() < TimeSpan.FromMilliseconds(50) ? TimeSpan.Zero : shift;
    }
}
