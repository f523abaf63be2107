using Fleet.Hub.Hosting;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Signals;

namespace Fleet.Hub.Enrollment;

/// <summary>Keeps this node's authorities as they are stored, and takes a roll's next step when it is due.</summary>
internal sealed partial class AuthorityFeed(
    AuthorityRolls rolls, AuthorityKeys keys, HubIdentity hub, FleetDatabase database, FleetStores stores, HubOptions options, ILogger<AuthorityFeed> logger) : BackgroundService
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var changes = database.Changes.Subscribe(Topics.Authorities);
        while (true)
        {
            try
            {
                await rolls.StepAsync(stoppingToken).ConfigureAwait(false);
                await TakeAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, e);
            }

            await changes.WaitAsync(Poll, stoppingToken).ConfigureAwait(false);
        }
    }

    private async Task TakeAsync(CancellationToken cancellationToken)
    {
        var stored = await database.ReadAsync(stores.Hub.CasAsync, cancellationToken).ConfigureAwait(false);
        var file = Path.Combine(options.DataFolder, "ca.pem");
        if (AuthorityKeys.Version(stored) != hub.Version)
        {
            hub.Take(await database.ReadAsync(keys.LoadAsync, cancellationToken).ConfigureAwait(false));
            Log.Taken(logger, hub.Version);
        }

        var bundle = hub.BundlePem();
        if (!File.Exists(file) || await File.ReadAllTextAsync(file, cancellationToken).ConfigureAwait(false) != bundle)
        {
            await File.WriteAllTextAsync(file, bundle, cancellationToken).ConfigureAwait(false);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "AuthoritiesTaken", Level = LogLevel.Information, Message = "The hub's certificate authorities are now {Version}")]
        public static partial void Taken(ILogger logger, string version);

        [LoggerMessage(EventName = "AuthorityFeedFailed", Level = LogLevel.Warning, Message = "The hub's certificate authorities could not be looked at; it is tried again")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
