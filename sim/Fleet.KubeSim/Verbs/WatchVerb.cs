using System.Text.Json.Nodes;
using Fleet.KubeSim.Faults;
using Fleet.KubeSim.Hosting;
using Fleet.KubeSim.Resources;
using Fleet.KubeSim.Serving;
using Fleet.KubeSim.Storage;

namespace Fleet.KubeSim.Verbs;

/// <summary>Streams changes to one client, filtered by what it selects and in the form that it asked for.</summary>
internal static class WatchVerb
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan BookmarkInterval = TimeSpan.FromMinutes(1);

    /// <summary>A watch that ends sooner gets a bookmark so long before, to resume from.</summary>
    private static readonly TimeSpan BookmarkBeforeEnd = TimeSpan.FromSeconds(2);

    public static async Task ServeAsync(ClusterState cluster, ApiCall call, ApiResource resource, string ns, string name)
    {
        var options = ListOptions.Parse(call.Request, resource, watch: true);
        if (call.Representation.Yaml)
        {
            throw Representation.OnlyAccepted("application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch");
        }

        // Unlike a list's, a watch's bad version is not foreseen by the server; one from the future is waited for.
        var since = options.ResourceVersion.Length == 0 ? 0 : ListOptions.ParseVersion(options.ResourceVersion, "");
        var store = cluster.Store;

        IReadOnlyList<StoredObject> initial = [];
        WatchFeed feed;
        var version = since;
        if (options.SendInitialEvents && since > store.ResourceVersion)
        {
            await SendErrorAsync(call, ListVerb.TooLarge(since, store.ResourceVersion));
            return;
        }

        if (options.SendInitialEvents || since == 0)
        {
            (initial, version, feed) = store.ListAndWatch(resource.Key, ns);
            initial = options.SendInitialEvents ? initial : [];
        }
        else if (store.Watch(resource.Key, since) is { } resumed)
        {
            feed = resumed;
        }
        else
        {
            await SendErrorAsync(call, ApiException.Gone(since, store.CompactedThrough));
            return;
        }

        using (feed)
        {
            var session = new WatchSession(call, resource, options, ns, name);
            await session.StartAsync();
            foreach (var item in initial.Where(session.Selects))
            {
                await session.SendAsync("ADDED", item);
            }

            if (options is { SendInitialEvents: true, AllowBookmarks: true })
            {
                await session.BookmarkAsync(version, initialEventsEnd: true);
            }

            await PumpAsync(cluster, session, feed, options, call, since);
        }
    }

    private static async Task PumpAsync(ClusterState cluster, WatchSession session, WatchFeed feed, ListOptions options, ApiCall call, long since)
    {
        var limit = options.Timeout ?? DefaultTimeout;
        var interval = limit - BookmarkBeforeEnd is var before && before > TimeSpan.Zero && before < BookmarkInterval ? before : BookmarkInterval;
        using var timeout = new CancellationTokenSource(limit, cluster.Time);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, call.Http.RequestAborted);
        var fault = call.Http.Features.Get<WatchFault>();
        try
        {
            while (true)
            {
                using var bookmark = new CancellationTokenSource(interval, cluster.Time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token, bookmark.Token);
                try
                {
                    if (!await feed.Changes.WaitToReadAsync(either.Token))
                    {
                        return;
                    }
                }
                catch (OperationCanceledException) when (bookmark.IsCancellationRequested && !stopping.IsCancellationRequested)
                {
                    if (options.AllowBookmarks)
                    {
                        await session.BookmarkAsync(cluster.Store.ResourceVersion, initialEventsEnd: false);
                    }

                    interval = BookmarkInterval;

                    continue;
                }

                while (feed.Changes.TryRead(out var change))
                {
                    if (change.ResourceVersion <= since)
                    {
                        // The client asked for what follows a version that was still to come.
                        continue;
                    }

                    if (fault is not null && await fault.HandleAsync(change, session.SendChangeAsync, stopping.Token))
                    {
                        continue;
                    }

                    await session.SendChangeAsync(change);
                }
            }
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            // The client's own time limit: the stream simply ends.
        }
    }

    /// <summary>Once a watch is understood, what stops it is told by an event in a stream of status 200.</summary>
    private static async Task SendErrorAsync(ApiCall call, ApiException error)
    {
        var body = AnswerWriter.Encode(new JsonObject { ["type"] = "ERROR", ["object"] = error.ToStatus() });
        call.Http.Response.ContentType = "application/json";
        await call.Http.Response.Body.WriteAsync(body, call.Http.RequestAborted);
        await call.Http.Response.Body.WriteAsync("\n"u8.ToArray(), call.Http.RequestAborted);
    }
}
