namespace Fleet.Hub.Sessions;

/// <summary>This process among the hub's nodes.</summary>
/// <param name="Name">Unique among the nodes of one database.</param>
/// <param name="BootId">Random at each start.</param>
public sealed record NodeIdentity(string Name, string BootId)
{
    /// <summary>Who holds leases: a node that was restarted is another owner.</summary>
    public string Owner => $"{Name}/{BootId}";
}
