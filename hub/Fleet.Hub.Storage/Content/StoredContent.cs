namespace Fleet.Hub.Storage.Content;

/// <summary>A Git object: commit, tree or blob.</summary>
/// <param name="Oid">Hex object id, SHA-1 or SHA-256.</param>
/// <param name="Type">commit, tree or blob.</param>
/// <param name="Size">Bytes of <paramref name="Content"/>.</param>
/// <param name="Content">Without Git's header.</param>
public sealed record StoredObject(string Oid, string Type, long Size, byte[] Content);

/// <summary>What is known of an object without its bytes.</summary>
public sealed record ObjectEntry(string Oid, string Type, long Size);

/// <summary>The objects that one commit needs under given roots.</summary>
/// <param name="Source">Uid of the GitSource.</param>
/// <param name="CommitId">Hex commit id.</param>
/// <param name="Roots">Digest of the read roots.</param>
/// <param name="Digest">Hex SHA-256 over the sorted oids.</param>
/// <param name="Objects">How many.</param>
/// <param name="Bytes">Their size together.</param>
public sealed record StoredClosure(string Source, string CommitId, string Roots, string Digest, long Objects, long Bytes);

/// <summary>Bounds on what is taken into the store.</summary>
public sealed record ContentLimits
{
    public long MaxObjects { get; init; } = 50_000;

    public long MaxObjectBytes { get; init; } = 32 << 20;

    public long MaxClosureBytes { get; init; } = 256 << 20;
}
