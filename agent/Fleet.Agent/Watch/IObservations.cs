using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Watch;

/// <summary>Who wants to know what watches see.</summary>
internal interface IObservations
{
    /// <summary>An object was seen as it is.</summary>
    void Seen(KubeObject live);

    /// <summary>It is certain that an object is not there.</summary>
    void Absent(ObjectKey key);

    /// <summary>The owned objects that a watch should have shown, with the version at which each was last seen (empty: never).</summary>
    IReadOnlyList<(ObjectKey Key, string ResourceVersion)> Expected(WatchKey watch);

    /// <summary>True for an object that is owned by an Assignment of this agent.</summary>
    bool IsOwned(ObjectKey key);
}
