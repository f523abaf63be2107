using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Watch;

/// <summary>Who wants to know what watches see.</summary>
internal interface IObservations
{
    /// <summary>An object was seen as it is.</summary>
    /// <param name="watch">Who looked: what one identity may read is shown to no other.</param>
    /// <param name="live">As it is.</param>
    void Seen(WatchKey watch, KubeObject live);

    /// <summary>It is certain that an object is not there.</summary>
    void Absent(WatchKey watch, ObjectKey key);

    /// <summary>The owned objects that a watch should have shown, with the version at which each was last seen (empty: never).</summary>
    IReadOnlyList<(ObjectKey Key, string ResourceVersion)> Expected(WatchKey watch);

    /// <summary>True for an object that is owned by an Assignment of this watch's identity.</summary>
    bool IsOwned(WatchKey watch, ObjectKey key);

    /// <summary>The right to a cluster-wide watch is gone: whoever needs it must ask anew.</summary>
    void Refused(WatchKey watch);
}
