namespace Fleet.Hub.Storage.Work;

/// <summary>A claimed key of a controller's work queue.</summary>
/// <param name="Kind">Which controller.</param>
/// <param name="Key">Whose state to read.</param>
/// <param name="Wanted">How far the key's changes had come when it was claimed: what completing it sets done to.</param>
/// <param name="LeaseToken">Fencing token: a worker whose lease was lost completes nothing.</param>
/// <param name="Attempts">Failures in a row.</param>
public sealed record WorkItem(string Kind, string Key, long Wanted, long LeaseToken, long Attempts);
