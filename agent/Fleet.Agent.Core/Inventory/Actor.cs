namespace Fleet.Agent.Core.Inventory;

/// <summary>Who an Assignment's calls are made as, and by which names the cluster's own policy knows the Assignment.</summary>
/// <param name="ServiceAccount">"namespace/name"; empty: the agent itself.</param>
/// <param name="Assignment">The Assignment's name.</param>
/// <param name="SourceName">The GitSource's name, as the hub gave it.</param>
/// <param name="SourceUrl">The GitSource's URL, as the hub gave it.</param>
public sealed record Actor(string ServiceAccount, string Assignment, string SourceName, string SourceUrl);
