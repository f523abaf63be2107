using Fleet.Hub.Core.Resources;
using Fleet.Hub.Core.Sources;
using Fleet.Hub.Sessions;
using Fleet.Hub.Storage;
using Fleet.Hub.Work;

namespace Fleet.Hub.Sources;

/// <summary>Keeps each GitSource's tracked refs known (key: its uid).</summary>
internal sealed partial class SourceController(
    FleetDatabase database, FleetStores stores, SourcePoll poll, SourceRecords records, SourceOptions options, NodeIdentity node,
    TimeProvider time, ILogger<SourceController> logger) : KeyedController(WorkKinds.Source, database, stores.Work, node, time, logger)
{
    private readonly FleetDatabase _database = database;
    private readonly TimeProvider _time = time;

    protected override int Concurrency => options.Concurrency;

    protected override TimeSpan RunAtMost => options.ListWithin + options.FetchWithin + TimeSpan.FromSeconds(30);

    protected override Task BeginAsync(CancellationToken cancellationToken) => _database.WriteAsync(async (tx, cancel) =>
    {
        var all = await ResourcePages.AllAsync(stores.Resources, tx, "GitSource", cancel).ConfigureAwait(false);
        await stores.Work.RaiseAsync(tx, WorkKinds.Source, all.Select(source => source.Uid), _database.Clock.GetUtcNow(), cancel).ConfigureAwait(false);
    }, cancellationToken);

    protected override async Task<TimeSpan?> RunAsync(string key, CancellationToken cancellationToken)
    {
        if (await records.ReadAsync(key, cancellationToken).ConfigureAwait(false) is not { } source)
        {
            return null;
        }

        var spec = source.Resource.Spec;
        if (spec.Suspend)
        {
            await records.SuspendedAsync(source, cancellationToken).ConfigureAwait(false);
            return null;
        }

        var begun = _time.GetTimestamp();
        var outcome = await poll.RunAsync(key, spec, source.Refs, cancellationToken).ConfigureAwait(false);
        var tag = new KeyValuePair<string, object?>("source", source.Resource.Metadata.Name);
        SourceMeters.PollSeconds.Record(_time.GetElapsedTime(begun).TotalSeconds, tag);
        var failures = outcome.Reason.Length == 0 ? 0 : (int)Math.Min(source.Failures + 1, 1_000);
        if (failures > 0)
        {
            SourceMeters.PollFailures.Add(1, tag, new KeyValuePair<string, object?>("reason", outcome.Reason));
            Log.PollFailed(logger, source.Resource.Metadata.Name, outcome.Reason, failures);
        }

        var interval = Durations.TryParse(spec.PollInterval, out var own) ? own : options.PollInterval;
        var next = PollSchedule.Next(interval, failures, Random.Shared.NextDouble());
        await records.WriteAsync(source, outcome, failures, next, cancellationToken).ConfigureAwait(false);
        return next;
    }

    private static partial class Log
    {
        [LoggerMessage(EventName = "SourcePollFailed", Level = LogLevel.Warning, Message = "GitSource {Source} could not be polled ({Reason}), for the {Failures}. time in a row")]
        public static partial void PollFailed(ILogger logger, string source, string reason, int failures);
    }
}
