using System.Globalization;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Resources;

namespace Fleet.KubeSim.Storage;

/// <summary>What a conditional write came to.</summary>
internal enum WriteResult
{
    Written,
    Changed,
}

/// <summary>All objects of one cluster: one counter of resourceVersions, conditional writes, and a feed of changes.</summary>
internal sealed class ObjectStore
{
    private const int HistoryLength = 1000;
    private const long HistoryBytes = 2 * 1024 * 1024;
    private readonly Lock _gate = new();
    private readonly Dictionary<ResourceKey, ObjectTable> _tables = [];
    private readonly StoreHistory _history = new(HistoryLength, HistoryBytes);
    private readonly List<WatchFeed> _feeds = [];
    private readonly List<Action<StoreEvent>> _observers = [];
    private long _resourceVersion = 1;

    public long ResourceVersion
    {
        get
        {
            lock (_gate)
            {
                return _resourceVersion;
            }
        }
    }

    /// <summary>Watches cannot start before this resourceVersion.</summary>
    public long CompactedThrough
    {
        get
        {
            lock (_gate)
            {
                return _history.CompactedThrough;
            }
        }
    }

    public StoredObject? Find(ResourceKey resource, string ns, string name)
    {
        lock (_gate)
        {
            return _tables.TryGetValue(resource, out var table) ? table.Find(ns, name) : null;
        }
    }

    /// <summary>A consistent list and the resourceVersion at which it is true.</summary>
    public (IReadOnlyList<StoredObject> Items, long ResourceVersion) List(ResourceKey resource, string ns = "")
    {
        lock (_gate)
        {
            return (_tables.TryGetValue(resource, out var table) ? [.. table.List(ns)] : [], _resourceVersion);
        }
    }

    /// <summary>The list as it was at a past resourceVersion, or null when the history no longer reaches back so far.</summary>
    public IReadOnlyList<StoredObject>? ListAt(ResourceKey resource, string ns, long resourceVersion)
    {
        lock (_gate)
        {
            if (resourceVersion == _resourceVersion)
            {
                return List(resource, ns).Items;
            }

            if (resourceVersion > _resourceVersion || resourceVersion < _history.CompactedThrough)
            {
                return null;
            }

            // What changed since is undone, newest change first, so that each object ends as it was.
            var past = new ObjectTable();
            foreach (var item in List(resource, ns).Items)
            {
                past.Set(item);
            }

            foreach (var change in _history.Since(resource, resourceVersion).Reverse().Where(c => ns.Length == 0 || c.Object.Namespace == ns))
            {
                if (change.Previous is { } previous)
                {
                    past.Set(previous);
                }
                else
                {
                    past.Remove(change.Object.Namespace, change.Object.Name);
                }
            }

            return [.. past.List(ns)];
        }
    }

    /// <summary>Every object there is, of every kind.</summary>
    public IReadOnlyList<StoredObject> ListEverything(string ns = "")
    {
        lock (_gate)
        {
            return [.. _tables.OrderBy(t => t.Key.Qualified, StringComparer.Ordinal).SelectMany(t => t.Value.List(ns))];
        }
    }

    /// <summary>Writes <paramref name="content"/> with a new resourceVersion if the stored version is still <paramref name="expected"/> (null: no object).</summary>
    public WriteResult TryWrite(ResourceKey resource, StoredObject? expected, JsonObject content, out StoredObject? written)
    {
        lock (_gate)
        {
            var metadata = content["metadata"]!.AsObject();
            var ns = (string?)metadata["namespace"] ?? "";
            var name = (string?)metadata["name"] ?? "";
            if (!_tables.TryGetValue(resource, out var table))
            {
                _tables[resource] = table = new ObjectTable();
            }

            var current = table.Find(ns, name);
            if (!ReferenceEquals(current, expected))
            {
                written = null;
                return WriteResult.Changed;
            }

            SetVersion(metadata);
            written = StoredObject.From(resource, content, isFirstVersion: current is null);
            table.Set(written);
            Publish(new StoreEvent(written, current, Deleted: false));
            return WriteResult.Written;
        }
    }

    /// <summary>Removes an object if it is still <paramref name="expected"/>; the last state given carries the deletion's own resourceVersion.</summary>
    public WriteResult TryRemove(StoredObject expected, JsonObject lastState, out StoredObject? removed)
    {
        lock (_gate)
        {
            removed = null;
            if (!_tables.TryGetValue(expected.Resource, out var table) || !ReferenceEquals(table.Find(expected.Namespace, expected.Name), expected))
            {
                return WriteResult.Changed;
            }

            SetVersion(lastState["metadata"]!.AsObject());
            removed = StoredObject.From(expected.Resource, lastState);
            table.Remove(expected.Namespace, expected.Name);
            Publish(new StoreEvent(removed, expected, Deleted: true));
            return WriteResult.Written;
        }
    }

    /// <summary>Opens a feed of a resource's changes after a resourceVersion, or null when the history no longer reaches back so far.</summary>
    public WatchFeed? Watch(ResourceKey resource, long sinceResourceVersion)
    {
        lock (_gate)
        {
            if (sinceResourceVersion < _history.CompactedThrough)
            {
                return null;
            }

            var feed = new WatchFeed(resource, RemoveFeed);
            foreach (var change in _history.Since(resource, sinceResourceVersion))
            {
                feed.Offer(change);
            }

            _feeds.Add(feed);
            return feed;
        }
    }

    /// <summary>Takes the present state and a feed of what follows, with nothing lost between.</summary>
    public (IReadOnlyList<StoredObject> Items, long ResourceVersion, WatchFeed Feed) ListAndWatch(ResourceKey resource, string ns)
    {
        lock (_gate)
        {
            var (items, version) = List(resource, ns);
            var feed = new WatchFeed(resource, RemoveFeed);
            _feeds.Add(feed);
            return (items, version, feed);
        }
    }

    /// <summary>Forgets the history, as etcd's compaction does: watches from the past are then answered 410 Gone.</summary>
    public void Compact()
    {
        lock (_gate)
        {
            _history.Compact(_resourceVersion);
        }
    }

    /// <summary>Calls the observer for each change, inside the store's lock: it must only note the change.</summary>
    public void Observe(Action<StoreEvent> observer)
    {
        lock (_gate)
        {
            _observers.Add(observer);
        }
    }

    /// <summary>Ends every open feed, as a stopping server does.</summary>
    public void CloseFeeds() => CloseFeeds(_ => true);

    /// <summary>Ends the feeds of a kind that is no longer served; what they have still to tell is told.</summary>
    public void CloseFeeds(ResourceKey resource) => CloseFeeds(f => f.Resource == resource);

    private void CloseFeeds(Func<WatchFeed, bool> which)
    {
        lock (_gate)
        {
            foreach (var feed in _feeds.Where(which).ToArray())
            {
                feed.Dispose();
            }
        }
    }

    /// <summary>Gives the next resourceVersion, in the place where Go's struct has it: texts of whole objects show the order.</summary>
    private void SetVersion(JsonObject metadata)
    {
        var version = (++_resourceVersion).ToString(CultureInfo.InvariantCulture);
        if (metadata.ContainsKey("resourceVersion"))
        {
            metadata["resourceVersion"] = version;
        }
        else
        {
            metadata.Insert(metadata.IndexOf("uid") + 1, "resourceVersion", version);
        }
    }

    private void Publish(StoreEvent change)
    {
        _history.Add(change);
        foreach (var feed in _feeds.ToArray())
        {
            feed.Offer(change);
        }

        foreach (var observer in _observers)
        {
            observer(change);
        }
    }

    private void RemoveFeed(WatchFeed feed)
    {
        lock (_gate)
        {
            _feeds.Remove(feed);
        }
    }
}
