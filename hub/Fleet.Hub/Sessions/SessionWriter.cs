using Fleet.Hub.Core.Sessions;
using Fleet.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Fleet.Hub.Sessions;

/// <summary>Writes one session's messages: the only writer of its stream.</summary>
internal sealed class SessionWriter(
    LiveSession session, IAsyncStreamWriter<HubMessage> stream, SessionRecords records, TimeProvider time)
{
    private ulong _beat;

    /// <summary>Writes until the session is told to end.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await StepAsync(await session.Outbox.NextAsync(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false))
        {
        }
    }

    private async Task<bool> StepAsync(Outgoing next, CancellationToken cancellationToken)
    {
        switch (next.Kind)
        {
            case OutgoingKind.Message:
                await stream.WriteAsync(next.Message!, cancellationToken).ConfigureAwait(false);
                return true;
            case OutgoingKind.Heartbeat:
                var beat = new Heartbeat { Sequence = ++_beat, Time = Timestamp.FromDateTimeOffset(time.GetUtcNow()) };
                await stream.WriteAsync(new HubMessage { Heartbeat = beat }, cancellationToken).ConfigureAwait(false);
                return true;
            case OutgoingKind.Specs:
                var specs = await records.SpecsAsync(session.ClusterId, next.SpecDigests, cancellationToken).ConfigureAwait(false);
                return await WriteAllAsync(DesiredParts.Specs(specs), cancellationToken).ConfigureAwait(false);
            case OutgoingKind.Desired:
                return await WriteDesiredAsync(whole: false, cancellationToken).ConfigureAwait(false);
            case OutgoingKind.Index:
                return await WriteDesiredAsync(whole: true, cancellationToken).ConfigureAwait(false);
            case OutgoingKind.End:
                if (next.Message is not null)
                {
                    await stream.WriteAsync(next.Message, cancellationToken).ConfigureAwait(false);
                }

                return false;
            default:
                throw new InvalidOperationException($"Unknown kind {next.Kind}.");
        }
    }

    private async Task<bool> WriteDesiredAsync(bool whole, CancellationToken cancellationToken)
    {
        if (session.Withheld is not null)
        {
            return true;
        }

        var desired = await records.DesiredAsync(session.ClusterId, whole ? null : session.Sent, cancellationToken).ConfigureAwait(false);
        if (desired is null)
        {
            return true;
        }

        var parts = desired.From is { } from
            ? DesiredParts.Delta(from, desired.Head, desired.Targets, desired.Tombstones)
            : DesiredParts.Index(desired.Head, desired.Targets, desired.Tombstones);
        session.Knows(desired.Targets.Select(target => target.AssignmentUid));
        session.Sent = desired.Head;
        return await WriteAllAsync(parts, cancellationToken).ConfigureAwait(false);
    }

    // Control and acknowledgements go between the parts of what is long.
    private async Task<bool> WriteAllAsync(IEnumerable<HubMessage> messages, CancellationToken cancellationToken)
    {
        foreach (var message in messages)
        {
            while (session.Outbox.TryNextUrgent() is { } urgent)
            {
                if (!await StepAsync(urgent, cancellationToken).ConfigureAwait(false))
                {
                    return false;
                }
            }

            await stream.WriteAsync(message, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }
}
