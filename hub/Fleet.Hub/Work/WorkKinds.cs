namespace Fleet.Hub.Work;

/// <summary>The kinds of keyed work that controllers do.</summary>
public static class WorkKinds
{
    /// <summary>Poll a GitSource now; key: its uid.</summary>
    public const string Source = "source";

    /// <summary>Decide an Assignment's targets; key: its uid.</summary>
    public const string Rollout = "rollout";

    /// <summary>Groups, labels or the set of clusters changed: every Assignment may be for other clusters. Key: <see cref="All"/>.</summary>
    public const string Membership = "membership";

    /// <summary>Clusters connected or went silent: groups' counts. Key: <see cref="All"/>.</summary>
    public const string GroupStatus = "groups";

    /// <summary>End a decommissioned cluster's identity once its agent has let go of everything; key: the cluster's id.</summary>
    public const string Decommission = "decommission";

    /// <summary>Take away what nothing needs any more; key: <see cref="All"/>.</summary>
    public const string Housekeeping = "housekeeping";

    /// <summary>The one key of kinds that have but one.</summary>
    public const string All = "all";
}
