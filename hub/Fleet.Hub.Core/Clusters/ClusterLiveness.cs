namespace Fleet.Hub.Core.Clusters;

/// <summary>How long a silent cluster keeps which name.</summary>
/// <param name="SuspectAfter">Silence after which a connection is doubted (default 90 s).</param>
/// <param name="OfflineAfter">Silence after which the cluster counts as offline (default 5 min).</param>
/// <param name="StaleAfter">Silence after which what is known of it counts as old (default 24 h).</param>
public sealed record LivenessLimits(TimeSpan SuspectAfter, TimeSpan OfflineAfter, TimeSpan StaleAfter)
{
    public static readonly LivenessLimits Default = new(TimeSpan.FromSeconds(90), TimeSpan.FromMinutes(5), TimeSpan.FromHours(24));
}

/// <summary>What the hub can say of its connection to a cluster.</summary>
public enum Connectivity
{
    NeverConnected,
    Connected,
    Suspect,
    Offline,
    Stale,
}

/// <summary>Connected → Suspect → Offline → Stale, by silence on the hub's own clock alone.</summary>
public static class ClusterLiveness
{
    /// <summary>The state after a silence.</summary>
    /// <param name="everConnected">False until the first session.</param>
    /// <param name="attached">True while a stream is open: it stays Connected as long as it is heard.</param>
    /// <param name="silence">Since the last byte that was received from it, or since its stream ended.</param>
    /// <param name="limits">Where one state ends and the next begins.</param>
    public static Connectivity Of(bool everConnected, bool attached, TimeSpan silence, LivenessLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        if (!everConnected)
        {
            return Connectivity.NeverConnected;
        }

        return silence >= limits.StaleAfter ? Connectivity.Stale
            : silence >= limits.OfflineAfter ? Connectivity.Offline
            : silence >= limits.SuspectAfter || !attached ? Connectivity.Suspect
            : Connectivity.Connected;
    }

    /// <summary>When the state changes next if nothing is heard; null when it will not.</summary>
    public static TimeSpan? NextChange(bool attached, TimeSpan silence, LivenessLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        return attached && silence < limits.SuspectAfter ? limits.SuspectAfter - silence
            : silence < limits.OfflineAfter ? limits.OfflineAfter - silence
            : silence < limits.StaleAfter ? limits.StaleAfter - silence
            : null;
    }

    /// <summary>Whether reports of a cluster in this state may count as ready.</summary>
    /// <remarks>Suspect still counts: a restart of the hub, or of the network between, must not turn a fleet red at once.</remarks>
    public static bool IsHeard(Connectivity state) => state is Connectivity.Connected or Connectivity.Suspect;
}
