namespace Fleet.Hub.Storage.Resources;

/// <summary>A declared resource (GitSource, ClusterGroup or Assignment).</summary>
/// <param name="Kind">GitSource, ClusterGroup or Assignment.</param>
/// <param name="Name">Unique among its kind.</param>
/// <param name="Uid">Minted by the hub, never reused.</param>
/// <param name="Version">Raised by every write; shown as resourceVersion.</param>
/// <param name="Generation">Raised by every change of spec.</param>
/// <param name="Labels">Its labels.</param>
/// <param name="Body">The serialised message, without status.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Changed">When it was last written.</param>
/// <param name="DeletedAt">Set while its deletion is being carried out.</param>
public sealed record StoredResource(
    string Kind,
    string Name,
    string Uid,
    long Version,
    long Generation,
    IReadOnlyDictionary<string, string> Labels,
    byte[] Body,
    DateTimeOffset Created,
    DateTimeOffset Changed,
    DateTimeOffset? DeletedAt);

/// <summary>A resource's status: the serialised message that its controller wrote.</summary>
public sealed record StoredStatus(string Uid, byte[] Body);
