using Fleet.Hub.Core.Sessions;
using Fleet.V1;
using Grpc.Core;

namespace Fleet.Hub.Sessions;

/// <summary>Takes in what one agent says.</summary>
internal sealed partial class SessionReader(
    LiveSession session, IAsyncStreamReader<AgentMessage> stream, SessionRecords records, SessionEnds ends, ReportIntake reports, ILogger<SessionReader> logger)
{
    private const int MaxDigests = 1_000;
    private const int DigestLength = 64;
    private const int MaxReport = 256 * 1024;

    /// <summary>Reads until the agent is done, says goodbye, or is found to have been superseded.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await stream.MoveNext(cancellationToken).ConfigureAwait(false))
        {
            session.Heard();
            if (!await TakeAsync(stream.Current, cancellationToken).ConfigureAwait(false))
            {
                return;
            }
        }
    }

    private async Task<bool> TakeAsync(AgentMessage message, CancellationToken cancellationToken)
    {
        switch (message.MessageCase)
        {
            case AgentMessage.MessageOneofCase.NeedSpecs:
                NeedSpecs(message.NeedSpecs);
                return true;
            case AgentMessage.MessageOneofCase.DesiredAck:
                return await AckAsync(message.DesiredAck, cancellationToken).ConfigureAwait(false);
            case AgentMessage.MessageOneofCase.ReportDelta:
                Check(message.ReportDelta.Reports);
                await reports.TakeAsync(session, message.ReportDelta, cancellationToken).ConfigureAwait(false);
                return true;
            case AgentMessage.MessageOneofCase.ReportSnapshot:
                Check(message.ReportSnapshot.Reports);
                await reports.TakeAsync(session, message.ReportSnapshot, cancellationToken).ConfigureAwait(false);
                return true;
            case AgentMessage.MessageOneofCase.CommandResult:
                if (session.Commands.TryRemove(message.CommandResult.Id, out var waiting))
                {
                    waiting.TrySetResult(message.CommandResult);
                }

                return true;
            case AgentMessage.MessageOneofCase.Heartbeat:
                return true;
            case AgentMessage.MessageOneofCase.Goodbye:
                Log.Goodbye(logger, session.ClusterId, message.Goodbye.Reason.Length > 200 ? message.Goodbye.Reason[..200] : message.Goodbye.Reason);
                return false;
            case AgentMessage.MessageOneofCase.Hello:
                throw SessionRefusals.Malformed("A stream has one Hello, at its start.");
            case AgentMessage.MessageOneofCase.None:
                // A newer agent's message: it knows from the Welcome that we may not understand it.
                SessionMeters.UnknownMessages.Add(1);
                return true;
            default:
                throw new InvalidOperationException($"Unhandled message {message.MessageCase}.");
        }
    }

    private static void Check(IEnumerable<Report> reports)
    {
        if (reports.Any(report => report.CalculateSize() > MaxReport))
        {
            throw SessionRefusals.Malformed($"A report has at most {MaxReport / 1024} KiB: shorten its lists.");
        }
    }

    private void NeedSpecs(NeedSpecs need)
    {
        if (need.SpecDigests.Count > MaxDigests || need.SpecDigests.Any(digest => digest.Length != DigestLength))
        {
            throw SessionRefusals.Malformed($"need_specs has at most {MaxDigests} digests, of {DigestLength} hex digits each.");
        }

        if (need.Index)
        {
            session.Outbox.WantIndex();
        }

        if (need.SpecDigests.Count > 0 && !session.Outbox.WantSpecs(need.SpecDigests))
        {
            throw SessionRefusals.Malformed("More specs were asked for than any cluster has.");
        }
    }

    private async Task<bool> AckAsync(DesiredAck ack, CancellationToken cancellationToken)
    {
        if (ack.Stage != AckStage.Accepted)
        {
            Log.Rejected(logger, session.ClusterId, ack.Generation, ack.Message.Length > 500 ? ack.Message[..500] : ack.Message);
            return true;
        }

        if (await records.AckAsync(session, new ChainPoint(ack.Generation, ack.Chain.ToByteArray()), cancellationToken).ConfigureAwait(false))
        {
            return true;
        }

        return await ends.EndIfOverAsync(session, cancellationToken).ConfigureAwait(false)
            ? true
            : throw SessionRefusals.Malformed("desired_ack names a generation and chain that were never sent.");
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "SessionGoodbye", Level = LogLevel.Information, Message = "Cluster {Cluster} says goodbye: {Reason}")]
        public static partial void Goodbye(ILogger logger, string cluster, string reason);

        [LoggerMessage(EventName = "DesiredRejected", Level = LogLevel.Warning, Message = "Cluster {Cluster} does not take generation {Generation}: {Reason}")]
        public static partial void Rejected(ILogger logger, string cluster, ulong generation, string reason);
    }
}
