using Fleet.V1;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Hub.Sessions;

/// <summary>Asks connected agents for something and waits for their answer.</summary>
internal sealed class CommandDesk(SessionDirectory directory, TimeProvider time)
{
    private const int MaxPending = 32;

    /// <summary>Sends a command to a cluster's agent.</summary>
    /// <param name="clusterId">Which cluster.</param>
    /// <param name="within">How long the agent may take.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="command">Its id and deadline are set here.</param>
    /// <returns>Null: this node does not hold a session of the cluster, or the agent is too far behind to be asked.</returns>
    /// <exception cref="TimeoutException">No answer came in time.</exception>
    /// <exception cref="SessionLostException">The session ended first.</exception>
    public async Task<CommandResult?> AskAsync(string clusterId, Command command, TimeSpan within, CancellationToken cancellationToken)
    {
        if (directory.Find(clusterId) is not { } session || session.Commands.Count >= MaxPending)
        {
            return null;
        }

        command.Id = Guid.NewGuid().ToString("N");
        command.Deadline = Duration.FromTimeSpan(within);
        var answer = new TaskCompletionSource<CommandResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        session.Commands[command.Id] = answer;
        try
        {
            if (!session.Outbox.Post(new HubMessage { Command = command }))
            {
                return null;
            }

            return await answer.Task.WaitAsync(within, time, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            session.Commands.TryRemove(command.Id, out _);
        }
    }

    /// <summary>Sends a command and does not wait; false when this node holds no session of the cluster.</summary>
    public bool Tell(string clusterId, Command command)
    {
        command.Id = Guid.NewGuid().ToString("N");
        return directory.Find(clusterId)?.Outbox.Post(new HubMessage { Command = command }) ?? false;
    }
}
