using System.Runtime.CompilerServices;
using Fleet.Hub.Access;
using Fleet.Hub.Api.Views;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Resources;
using Fleet.Hub.Storage.Signals;
using Fleet.V1;
using Grpc.Core;

namespace Fleet.Hub.Api.Calls;

/// <summary>
/// Watch: the resources as they are, BOOKMARK, then changes. Level-triggered: a signal or the slow poll is only a hint
/// to look again; what was sent is compared with what is, so a lost signal delays a change and never loses it.
/// </summary>
internal sealed class WatchCall(FleetDatabase database, ResourceViews views, ChangeFeedStore feed, ApiAccess access, IHostApplicationLifetime lifetime, TimeProvider clock)
{
    private const int MaxChanges = 500;
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan CheckKeyEvery = TimeSpan.FromMinutes(1);

    public async IAsyncEnumerable<WatchEvent> WatchAsync(WatchRequest request, Caller caller, [EnumeratorCancellation] CancellationToken clientGone)
    {
        // A stopping hub does not wait for streams that never end.
        using var either = CancellationTokenSource.CreateLinkedTokenSource(clientGone, lifetime.ApplicationStopping);
        var cancellationToken = either.Token;
        var view = views.Of(request.Kind);
        var scope = new WatchScope(view, new ViewFilter(request.Cluster, request.Assignment), ListCall.Selector(request.LabelSelector), request.Name);
        using var changes = database.Changes.Subscribe(Topics.Resources, Topics.Reports, Topics.Targets, Topics.Sessions);
        var sent = new SentResources();

        // The cursor first, then the list: what changes in between is looked at twice, not never.
        var (cursor, first) = await database.ReadAsync(
            async (tx, cancel) => (await feed.LatestAsync(tx, cancel).ConfigureAwait(false), await scope.ReadAsync(tx, cancel).ConfigureAwait(false)),
            cancellationToken).ConfigureAwait(false);
        foreach (var change in sent.Compare(first))
        {
            yield return change;
        }

        yield return new WatchEvent { Type = "BOOKMARK" };
        var checkedAt = clock.GetTimestamp();
        while (true)
        {
            var woken = await changes.WaitAsync(Poll, cancellationToken).ConfigureAwait(false);
            if (clock.GetElapsedTime(checkedAt) > CheckKeyEvery)
            {
                checkedAt = clock.GetTimestamp();
                if (!await access.IsStillGoodAsync(caller, cancellationToken).ConfigureAwait(false))
                {
                    throw Refusals.Make(StatusCode.Unauthenticated, "KEY_ENDED", "The API key of this watch has expired or was revoked.");
                }
            }

            if (woken)
            {
                // A transaction that touches much signals often.
                await Task.Delay(Gather, clock, cancellationToken).ConfigureAwait(false);
            }

            var began = clock.GetTimestamp();
            var (next, events) = await LookAsync(scope, sent, cursor, polled: !woken, cancellationToken).ConfigureAwait(false);
            cursor = next;
            foreach (var change in events)
            {
                yield return change;
            }

            // Ten watches over a large fleet must not keep the database busy: a look costs at most a tenth of the time.
            await Task.Delay(clock.GetElapsedTime(began) * 9, clock, cancellationToken).ConfigureAwait(false);
        }
    }

    private Task<(ChangeCursor, IReadOnlyList<WatchEvent>)> LookAsync(WatchScope scope, SentResources sent, ChangeCursor cursor, bool polled, CancellationToken cancellationToken) => database.ReadAsync(
        async (tx, cancel) =>
        {
            var entries = await feed.SinceAsync(tx, cursor, MaxChanges, cancel).ConfigureAwait(false);
            var next = entries is null || entries.Count == MaxChanges ? await feed.LatestAsync(tx, cancel).ConfigureAwait(false) : entries.Count > 0 ? entries[^1].Cursor : cursor;

            // What is computed out of reports and sessions has no entries of its own in the feed.
            if (scope.IsComputed || polled || entries is null || entries.Count == MaxChanges)
            {
                return (next, (IReadOnlyList<WatchEvent>)[.. sent.Compare(await scope.ReadAsync(tx, cancel).ConfigureAwait(false))]);
            }

            var events = new List<WatchEvent>();
            foreach (var name in entries.Where(e => e.Kind == scope.Kind.ToString()).Select(e => e.Name).Distinct(StringComparer.Ordinal))
            {
                if (sent.CompareOne(name, await scope.ReadOneAsync(tx, name, cancel).ConfigureAwait(false), scope.Kind) is { } change)
                {
                    events.Add(change);
                }
            }

            return (next, events);
        },
        cancellationToken);
}
