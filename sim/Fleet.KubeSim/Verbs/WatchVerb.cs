using System.Buffers;
using System.Text;
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

    public static async Task ServeAsync(ClusterState cluster, ApiCall call, ApiResource resource, string ns, string name)
    {
        var options = ListOptions.Parse(call.Request, resource, watch: true);
        var since = options.Version;
        var store = cluster.Store;
        if (since > store.ResourceVersion)
        {
            throw ListVerb.TooLarge(since, store.ResourceVersion);
        }

        IReadOnlyList<StoredObject> initial = [];
        WatchFeed feed;
        var version = since;
        var startsWithState = options.SendInitialEvents || options.ResourceVersion is "" or "0";
        if (startsWithState)
        {
            (initial, version, feed) = store.ListAndWatch(resource.Key, ns);
        }
        else if (store.Watch(resource.Key, since) is { } resumed)
        {
            feed = resumed;
        }
        else
        {
            await SendGoneAsync(call, since, store);
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

            await PumpAsync(cluster, session, feed, options, call);
        }
    }

    private static async Task PumpAsync(ClusterState cluster, WatchSession session, WatchFeed feed, ListOptions options, ApiCall call)
    {
        using var timeout = new CancellationTokenSource(options.Timeout ?? DefaultTimeout, cluster.Time);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, call.Http.RequestAborted);
        var fault = call.Http.Features.Get<WatchFault>();
        try
        {
            while (true)
            {
                using var bookmark = new CancellationTokenSource(BookmarkInterval, cluster.Time);
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

                    continue;
                }

                while (feed.Changes.TryRead(out var change))
                {
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

    private static async Task SendGoneAsync(ApiCall call, long since, ObjectStore store)
    {
        var status = ApiException.Gone(since, store.CompactedThrough).ToStatus();
        var buffer = new ArrayBufferWriter<byte>();
        buffer.Write(Encoding.UTF8.GetBytes(new JsonObject { ["type"] = "ERROR", ["object"] = status }.ToJsonString() + "\n"));
        call.Http.Response.ContentType = "application/json";
        await call.Http.Response.Body.WriteAsync(buffer.WrittenMemory, call.Http.RequestAborted);
    }
}
