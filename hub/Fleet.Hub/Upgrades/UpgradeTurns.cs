using System.Collections.Concurrent;
using Fleet.Hub.Core.Upgrades;
using Fleet.Hub.Sessions;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Resources;
using Fleet.V1;

namespace Fleet.Hub.Upgrades;

/// <summary>
/// Brings upgrades of agents forward. Every node does: the steps are the same wherever they are made, one write of each wins,
/// and each node speaks with the agents whose sessions it holds.
/// </summary>
internal sealed partial class UpgradeTurns(
    FleetDatabase database, UpgradeRecords records, CommandDesk desk, SessionDirectory directory, UpgradeTiming timing, TimeProvider time, ILogger<UpgradeTurns> logger) : BackgroundService
{
    private const int AtOnce = 16;
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(20);
    private readonly ConcurrentDictionary<(string Upgrade, string Cluster), (ulong Fence, Command.CommandOneofCase Said, long At)> _said = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var open = false;
            try
            {
                open = await TurnAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.TurnFailed(logger, e);
            }

            await Task.Delay(open ? timing.Open : timing.Idle, time, stoppingToken).ConfigureAwait(false);
        }
    }

    private async Task<bool> TurnAsync(CancellationToken cancellationToken)
    {
        var rows = await database.ReadAsync(records.AllAsync, cancellationToken).ConfigureAwait(false);
        var open = rows.Where(row => UpgradeRecords.Read(row).EndedTime is null).ToList();
        if (open.Count == 0)
        {
            _said.Clear();
        }

        foreach (var row in open)
        {
            await StepAsync(row, cancellationToken).ConfigureAwait(false);
        }

        return open.Count > 0;
    }

    private async Task StepAsync(StoredResource row, CancellationToken cancellationToken)
    {
        var (next, seen) = await database.WriteAsync(async (tx, cancel) =>
        {
            var locked = await records.LockAsync(tx, row.Name, cancel).ConfigureAwait(false);
            var upgrade = UpgradeRecords.Read(locked ?? row);
            var agents = await records.SeenAsync(tx, upgrade, cancel).ConfigureAwait(false);
            var step = AgentUpgrades.Step(upgrade, agents, time.GetUtcNow());
            return locked is not null && await records.WriteAsync(tx, locked, step, cancel).ConfigureAwait(false) ? (step, agents) : (null, agents);
        }, cancellationToken).ConfigureAwait(false);
        if (next is null)
        {
            return;
        }

        var due = AgentUpgrades.Orders(next, seen).Where(order => IsDue(next.Id, order)).ToList();
        await Parallel.ForEachAsync(due, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (order, cancel) => await SayAsync(next.Id, order, cancel).ConfigureAwait(false)).ConfigureAwait(false);
    }

    /// <summary>In each new session at once, in the same one now and then: an answer may have been lost.</summary>
    private bool IsDue(string upgrade, AgentOrder order)
    {
        if (directory.Find(order.Cluster) is not { } session)
        {
            return false;
        }

        return !_said.TryGetValue((upgrade, order.Cluster), out var said) || said.Fence != session.Fence || said.Said != order.Command.CommandCase || time.GetElapsedTime(said.At) > timing.Again;
    }

    private async Task SayAsync(string upgrade, AgentOrder order, CancellationToken cancellationToken)
    {
        if (directory.Find(order.Cluster) is not { } session)
        {
            return;
        }

        _said[(upgrade, order.Cluster)] = (session.Fence, order.Command.CommandCase, time.GetTimestamp());
        try
        {
            if (await desk.AskAsync(order.Cluster, order.Command, AnswerWithin, cancellationToken).ConfigureAwait(false) is { } result)
            {
                await TakeAsync(upgrade, order, result, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is TimeoutException or SessionLostException)
        {
            // Said again in the next session, or in a while.
        }
    }

    private Task TakeAsync(string upgrade, AgentOrder order, CommandResult result, CancellationToken cancellationToken) => database.WriteAsync(async (tx, cancel) =>
    {
        if (await records.LockAsync(tx, upgrade, cancel).ConfigureAwait(false) is { } row)
        {
            await records.WriteAsync(tx, row, AgentUpgrades.Answered(UpgradeRecords.Read(row), order, result), cancel).ConfigureAwait(false);
        }
    }, cancellationToken);

    private static partial class Log
    {
        [LoggerMessage(EventName = "UpgradeTurnFailed", Level = LogLevel.Warning, Message = "The upgrades of agents could not be brought forward; it is tried again")]
        public static partial void TurnFailed(ILogger logger, Exception exception);
    }
}

/// <summary>How often upgrades are looked at.</summary>
/// <param name="Open">While one is under way.</param>
/// <param name="Idle">While none is.</param>
/// <param name="Again">How long until the same is said again in the same session.</param>
internal sealed record UpgradeTiming(TimeSpan Open, TimeSpan Idle, TimeSpan Again)
{
    public static readonly UpgradeTiming Standard = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(15));
}
