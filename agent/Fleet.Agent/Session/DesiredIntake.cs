using Fleet.V1;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Session;

/// <summary>
/// Takes in what the hub says of the desired state, in the order in which it says it: gathers parts, asks for specs that are
/// lacking, checks them against their digests, has all of it persisted, and only then acknowledges.
/// </summary>
internal sealed partial class DesiredIntake(DesiredBook book, byte[] lineage, Func<AgentMessage, CancellationToken, ValueTask> send, ILogger log)
{
    private const int MaxTargets = 50_000;
    private const int MaxWaiting = 1_000;
    private const int MaxAskedSpecs = 1_000;
    private readonly Queue<HubMessage> _waiting = new();
    private DesiredIndex? _index;
    private DesiredDelta? _delta;
    private DesiredState? _pending;
    private bool _askedForIndex;

    /// <exception cref="SessionException">The hub broke the contract; the session ends, and what was accepted stays.</exception>
    public async Task TakeAsync(HubMessage message, CancellationToken cancellationToken)
    {
        if (message.MessageCase == HubMessage.MessageOneofCase.Specs)
        {
            await TakeSpecsAsync(message.Specs, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            if (_waiting.Count >= MaxWaiting) throw new SessionException("TooManyMessages", "the hub sends changes faster than it sends their specs");
            _waiting.Enqueue(message);
        }
        // A change waits for the specs of the one before it: it may be built on that one.
        while (_pending is null && _waiting.TryDequeue(out var next)) await TakeChangeAsync(next, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>An operator's release: from here on the hub's history counts, whatever it holds; the index says what that is.</summary>
    public async Task ReleaseAsync(ReleaseFork release, CancellationToken cancellationToken)
    {
        if (!release.Lineage.Span.SequenceEqual(lineage)) throw new SessionException("OtherLineage", "the released Fork names another lineage than this session's hub");
        await book.ChangeAsync(held => DesiredDecision.Released(held, release), cancellationToken).ConfigureAwait(false);
        Log.ForkReleased(log, release.Generation);
        await AskForIndexAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task TakeChangeAsync(HubMessage message, CancellationToken cancellationToken)
    {
        if (message.MessageCase == HubMessage.MessageOneofCase.DesiredIndex) await TakeIndexAsync(message.DesiredIndex, cancellationToken).ConfigureAwait(false);
        else await TakeDeltaAsync(message.DesiredDelta, cancellationToken).ConfigureAwait(false);
    }

    private async Task TakeIndexAsync(DesiredIndex part, CancellationToken cancellationToken)
    {
        _delta = null;
        if (_index is null || _index.Generation != part.Generation) _index = new() { Generation = part.Generation, Chain = part.Chain };
        _index.Targets.Add(part.Targets);
        _index.Tombstones.Add(part.Tombstones);
        Bound(_index.Targets.Count + _index.Tombstones.Count);
        if (part.More) return;
        var whole = _index;
        _index = null;
        _askedForIndex = false;
        await CarryOutAsync(DesiredDecision.OfIndex(book.Current, lineage, whole), whole.Generation, whole.Chain.ToByteArray(), cancellationToken).ConfigureAwait(false);
    }

    private async Task TakeDeltaAsync(DesiredDelta part, CancellationToken cancellationToken)
    {
        _index = null;
        if (_delta is null || _delta.Generation != part.Generation)
        {
            _delta = new() { BaseGeneration = part.BaseGeneration, BaseChain = part.BaseChain, Generation = part.Generation, Chain = part.Chain };
        }
        _delta.Upserts.Add(part.Upserts);
        _delta.Tombstones.Add(part.Tombstones);
        Bound(_delta.Upserts.Count + _delta.Tombstones.Count);
        if (part.More) return;
        var whole = _delta;
        _delta = null;
        await CarryOutAsync(DesiredDecision.OfDelta(book.Current, lineage, whole), whole.Generation, whole.Chain.ToByteArray(), cancellationToken).ConfigureAwait(false);
    }

    private async Task CarryOutAsync(DesiredDecision decision, ulong generation, byte[] chain, CancellationToken cancellationToken)
    {
        if (decision.Rejection is { } why)
        {
            Log.Rejected(log, generation, why);
            await send(Ack(generation, chain, AckStage.Rejected, why), cancellationToken).ConfigureAwait(false);
        }
        else if (decision.Next is null)
        {
            await AskForIndexAsync(cancellationToken).ConfigureAwait(false);
        }
        else
        {
            _pending = decision.Next;
            await SettleAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        var pending = _pending!;
        var missing = pending.MissingSpecs.ToList();
        foreach (var some in missing.Chunk(MaxAskedSpecs))
        {
            var need = new NeedSpecs();
            need.SpecDigests.Add(some);
            await send(new() { NeedSpecs = need }, cancellationToken).ConfigureAwait(false);
        }
        if (missing.Count > 0) return;
        // Tombstones that were completed between the decision and now are added again and completed again: that is harmless.
        await book.ChangeAsync(_ => pending, cancellationToken).ConfigureAwait(false);
        _pending = null;
        Log.Accepted(log, pending.Generation, pending.Targets.Count, pending.Tombstones.Count);
        await send(Ack(pending.Generation, pending.Chain, AckStage.Accepted, ""), cancellationToken).ConfigureAwait(false);
    }

    private async Task TakeSpecsAsync(Specs specs, CancellationToken cancellationToken)
    {
        if (_pending is null) return;
        var wanted = _pending.MissingSpecs.ToHashSet(StringComparer.Ordinal);
        foreach (var spec in specs.Specs_)
        {
            if (!wanted.Contains(spec.Digest)) continue;
            if (SpecDigests.Of(spec.Content.Span) != spec.Digest) throw new SessionException("BadSpec", $"the hub sent a spec that is not the one its digest {spec.Digest} names; nothing of it is used");
            _pending = _pending with { Specs = _pending.Specs.SetItem(spec.Digest, spec.Content.ToByteArray()) };
            wanted.Remove(spec.Digest);
        }
        if (wanted.Count == 0) await SettleAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task AskForIndexAsync(CancellationToken cancellationToken)
    {
        if (_askedForIndex) return;
        _askedForIndex = true;
        await send(new() { NeedSpecs = new() { Index = true } }, cancellationToken).ConfigureAwait(false);
    }

    private static void Bound(int count)
    {
        if (count > MaxTargets) throw new SessionException("TooManyTargets", $"the hub names more than {MaxTargets} Assignments for this cluster");
    }

    private static AgentMessage Ack(ulong generation, byte[] chain, AckStage stage, string message) =>
        new() { DesiredAck = new() { Generation = generation, Chain = Google.Protobuf.ByteString.CopyFrom(chain), Stage = stage, Message = message } };

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, EventName = "DesiredAccepted", Level = LogLevel.Information, Message = "Accepted generation {Generation}: {Targets} Assignments, {Tombstones} removals under way")]
        public static partial void Accepted(ILogger logger, ulong generation, int targets, int tombstones);

        [LoggerMessage(EventId = 2, EventName = "DesiredNotAccepted", Level = LogLevel.Warning, Message = "Did not accept generation {Generation}: {Why}")]
        public static partial void Rejected(ILogger logger, ulong generation, string why);

        [LoggerMessage(EventId = 3, EventName = "ForkReleased", Level = LogLevel.Warning, Message = "An operator released the Fork: the hub's history counts from generation {Generation} on")]
        public static partial void ForkReleased(ILogger logger, ulong generation);
    }
}

/// <summary>The hub broke the contract of the session.</summary>
internal sealed class SessionException(string reason, string message) : Exception(message)
{
    public string Reason { get; } = reason;
}
