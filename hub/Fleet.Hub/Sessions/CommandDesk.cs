using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Sessions;
using Fleet.Hub.Storage.Signals;
using Fleet.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Hub.Sessions;

/// <summary>Asks connected agents for something and waits for their answer, whichever hub node holds the session.</summary>
internal sealed class CommandDesk(SessionDirectory directory, FleetDatabase database, SyncStore syncs, CommandStore commands, TimeProvider time)
{
    private const int MaxPending = 32;
    private static readonly TimeSpan TellWithin = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    /// <summary>Sends a command to a cluster's agent.</summary>
    /// <param name="clusterId">Which cluster.</param>
    /// <param name="within">How long the agent may take.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="command">Its id and deadline are set here.</param>
    /// <returns>Null: nobody holds a session of the cluster, or the agent is too far behind to be asked.</returns>
    /// <exception cref="TimeoutException">No answer came in time.</exception>
    /// <exception cref="SessionLostException">The session ended first.</exception>
    public async Task<CommandResult?> AskAsync(string clusterId, Command command, TimeSpan within, CancellationToken cancellationToken)
    {
        command.Id = Guid.NewGuid().ToString("N");
        command.Deadline = Duration.FromTimeSpan(within);
        if (directory.Find(clusterId) is { } session)
        {
            return await AskAsync(session, command, within, cancellationToken).ConfigureAwait(false);
        }

        return await HeldElsewhereAsync([clusterId], cancellationToken).ConfigureAwait(false) is [_]
            ? await RelayAsync(clusterId, command, within, cancellationToken).ConfigureAwait(false)
            : null;
    }

    /// <summary>Asks over a session that this node holds. The agent may read a previewed target's content meanwhile.</summary>
    internal async Task<CommandResult?> AskAsync(LiveSession session, Command command, TimeSpan within, CancellationToken cancellationToken)
    {
        if (session.Commands.Count >= MaxPending)
        {
            return null;
        }

        var answer = new TaskCompletionSource<CommandResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        session.Commands[command.Id] = answer;
        var previewed = command.PreviewPlan?.Target;
        if (previewed is not null)
        {
            session.Previews.TryAdd((previewed.AssignmentUid, previewed.Revision), previewed.ClosureDigest);
        }

        try
        {
            return session.Outbox.Post(new HubMessage { Command = command })
                ? await answer.Task.WaitAsync(within, time, cancellationToken).ConfigureAwait(false)
                : null;
        }
        finally
        {
            session.Commands.TryRemove(command.Id, out _);
            if (previewed is not null)
            {
                session.Previews.TryRemove((previewed.AssignmentUid, previewed.Revision), out _);
            }
        }
    }

    /// <summary>Sends a command to several clusters' agents and does not wait; how many are connected.</summary>
    public async Task<int> TellAsync(IReadOnlyCollection<string> clusterIds, Func<Command> command, CancellationToken cancellationToken)
    {
        var (told, others) = (0, new List<string>());
        foreach (var id in clusterIds)
        {
            var one = command();
            one.Id = Guid.NewGuid().ToString("N");
            if (directory.Find(id) is not { } session)
            {
                others.Add(id);
            }
            else if (session.Outbox.Post(new HubMessage { Command = one }))
            {
                told++;
            }
        }

        var held = await HeldElsewhereAsync(others, cancellationToken).ConfigureAwait(false);
        if (held.Count > 0)
        {
            await database.WriteAsync(async (tx, cancel) =>
            {
                var expires = database.Clock.GetUtcNow() + TellWithin;
                foreach (var id in held)
                {
                    var one = command();
                    one.Id = Guid.NewGuid().ToString("N");
                    await commands.PutAsync(tx, new StoredCommand(one.Id, id, one.ToByteArray(), AnswerWanted: false, expires), cancel).ConfigureAwait(false);
                }
            }, cancellationToken).ConfigureAwait(false);
        }

        return told + held.Count;
    }

    private async Task<IReadOnlyList<string>> HeldElsewhereAsync(IReadOnlyCollection<string> clusterIds, CancellationToken cancellationToken)
    {
        if (clusterIds.Count == 0)
        {
            return [];
        }

        var rows = await database.ReadAsync((tx, cancel) => syncs.GetManyAsync(tx, clusterIds, cancel), cancellationToken).ConfigureAwait(false);
        return [.. rows.Where(row => row.SessionId is not null).Select(row => row.Cluster)];
    }

    private async Task<CommandResult?> RelayAsync(string clusterId, Command command, TimeSpan within, CancellationToken cancellationToken)
    {
        using var answered = database.Changes.Subscribe(Topics.CommandResults);
        var stored = new StoredCommand(command.Id, clusterId, command.ToByteArray(), AnswerWanted: true, database.Clock.GetUtcNow() + within);
        await database.WriteAsync((tx, cancel) => commands.PutAsync(tx, stored, cancel), cancellationToken).ConfigureAwait(false);
        var begun = time.GetTimestamp();
        try
        {
            while (true)
            {
                if (await database.ReadAsync((tx, cancel) => commands.ResultAsync(tx, command.Id, cancel), cancellationToken).ConfigureAwait(false) is { } result)
                {
                    return CommandResult.Parser.ParseFrom(result);
                }

                var left = within - time.GetElapsedTime(begun);
                if (left <= TimeSpan.Zero)
                {
                    throw new TimeoutException();
                }

                await answered.WaitAsync(left < Poll ? left : Poll, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            // Also when the caller went away: a question that nobody waits for is not asked.
            await database.WriteAsync((tx, cancel) => commands.RemoveAsync(tx, command.Id, cancel), CancellationToken.None).ConfigureAwait(false);
        }
    }
}
