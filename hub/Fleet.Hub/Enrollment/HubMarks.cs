using System.Security.Cryptography;
using Fleet.Hub.Hosting;
using Fleet.Hub.Storage;

namespace Fleet.Hub.Enrollment;

/// <summary>
/// Leaves a mark in the database, and the same beside it, at each start and each hour: so that a node finds out when an older
/// copy was put in the database's place, which looks the same from inside.
/// </summary>
internal sealed partial class HubMarks(FleetDatabase database, FleetStores stores, HubOptions options, TimeProvider clock, ILogger<HubMarks> logger) : BackgroundService
{
    private const int Length = 32;
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);

    /// <summary>The node's last mark; null: it has left none.</summary>
    public static string? Read(string dataFolder) =>
        File.Exists(PathIn(dataFolder)) && File.ReadAllText(PathIn(dataFolder)).Trim() is { Length: Length } mark ? mark : null;

    /// <summary>Leaves a mark: first in the database, so that what stands beside it was always stored.</summary>
    public async Task LeaveAsync(CancellationToken cancellationToken)
    {
        var mark = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(Length / 2));
        await database.WriteAsync((tx, cancel) => stores.Marks.AddAsync(tx, mark, clock.GetUtcNow(), cancel), cancellationToken).ConfigureAwait(false);
        var file = PathIn(options.DataFolder);
        await File.WriteAllTextAsync(file + ".new", mark + "\n", cancellationToken).ConfigureAwait(false);
        File.Move(file + ".new", file, overwrite: true);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            try
            {
                await LeaveAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, e);
            }
        }
    }

    private static string PathIn(string dataFolder) => Path.Combine(dataFolder, "database.mark");

    private static partial class Log
    {
        [LoggerMessage(EventName = "HubMarkFailed", Level = LogLevel.Warning, Message = "The mark that shows a restored database could not be left; it is tried again in an hour")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
