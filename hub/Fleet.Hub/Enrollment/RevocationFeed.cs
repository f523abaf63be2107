using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Signals;

namespace Fleet.Hub.Enrollment;

/// <summary>Keeps this node's journal of revocations up with what other nodes revoke.</summary>
internal sealed partial class RevocationFeed(RevocationReplay replay, FleetDatabase database, ILogger<RevocationFeed> logger) : BackgroundService
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var changes = database.Changes.Subscribe(Topics.Revocations);
        while (true)
        {
            await changes.WaitAsync(Poll, stoppingToken).ConfigureAwait(false);
            try
            {
                await replay.NoteAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, e);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "RevocationFeedFailed", Level = LogLevel.Warning, Message = "What other nodes revoked could not be noted beside the database; it is tried again")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
