using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Sessions;
using Fleet.Hub.Storage.Signals;
using Fleet.V1;
using Google.Protobuf;

namespace Fleet.Hub.Sessions;

/// <summary>Carries out what other nodes ask of agents whose sessions this node holds.</summary>
internal sealed partial class CommandRelay(
    FleetDatabase database, CommandStore commands, CommandDesk desk, SessionDirectory directory, NodeIdentity node, SessionOptions options,
    ILogger<CommandRelay> logger) : BackgroundService
{
    private const int Batch = 50;
    private const int MaxAtOnce = 200;

    private readonly SemaphoreSlim _slots = new(MaxAtOnce);

    public override void Dispose()
    {
        _slots.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (database.Kind == DatabaseKind.Sqlite)
        {
            // One node: nobody else could ask.
            return;
        }

        using var changes = database.Changes.Subscribe(Topics.Commands);
        while (true)
        {
            try
            {
                while (directory.Count > 0 && await TakeAsync(stoppingToken).ConfigureAwait(false))
                {
                }
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, e);
            }

            await changes.WaitAsync(options.Poll * 2, stoppingToken).ConfigureAwait(false);
        }
    }

    private async Task<bool> TakeAsync(CancellationToken cancellationToken)
    {
        var now = database.Clock.GetUtcNow();
        if (!await database.ReadAsync((tx, cancel) => commands.AnyAsync(tx, node.Name, now, cancel), cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        var taken = await database.WriteAsync((tx, cancel) => commands.TakeAsync(tx, node.Name, now, Batch, cancel), cancellationToken).ConfigureAwait(false);
        foreach (var command in taken)
        {
            await _slots.WaitAsync(cancellationToken).ConfigureAwait(false);
            _ = CarryOutAsync(command, cancellationToken);
        }

        return taken.Count == Batch;
    }

    private async Task CarryOutAsync(StoredCommand stored, CancellationToken stoppingToken)
    {
        try
        {
            var command = Command.Parser.ParseFrom(stored.Body);
            if (!stored.AnswerWanted)
            {
                directory.Find(stored.Cluster)?.Outbox.Post(new HubMessage { Command = command });
                await database.WriteAsync((tx, cancel) => commands.RemoveAsync(tx, stored.Id, cancel), stoppingToken).ConfigureAwait(false);
                return;
            }

            var result = await AnswerAsync(stored, command, stoppingToken).ConfigureAwait(false);
            result.Id = stored.Id;
            await database.WriteAsync((tx, cancel) => commands.AnswerAsync(tx, stored.Id, result.ToByteArray(), cancel), stoppingToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whoever asked finds out by his deadline.
            if (!stoppingToken.IsCancellationRequested)
            {
                Log.NotCarriedOut(logger, stored.Cluster, e);
            }
        }
        finally
        {
            _slots.Release();
        }
    }

    private async Task<CommandResult> AnswerAsync(StoredCommand stored, Command command, CancellationToken cancellationToken)
    {
        var left = stored.Expires - database.Clock.GetUtcNow();
        if (directory.Find(stored.Cluster) is not { } session || left <= TimeSpan.Zero)
        {
            return new CommandResult { Message = new SessionLostException().Message };
        }

        try
        {
            return await desk.AskAsync(session, command, left, cancellationToken).ConfigureAwait(false)
                ?? new CommandResult { Message = "The cluster's agent has too many questions open: ask again in a while." };
        }
        catch (Exception e) when (e is SessionLostException or TimeoutException)
        {
            return new CommandResult { Message = e is SessionLostException ? e.Message : "The agent did not answer in time." };
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "CommandRelayFailed", Level = LogLevel.Warning, Message = "What other nodes ask of this node's agents could not be read; it is tried again")]
        public static partial void Failed(ILogger logger, Exception exception);

        [LoggerMessage(EventName = "CommandNotCarriedOut", Level = LogLevel.Warning, Message = "A command of another node for cluster {Cluster} was not carried out")]
        public static partial void NotCarriedOut(ILogger logger, string cluster, Exception exception);
    }
}
