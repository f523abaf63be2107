namespace Fleet.KubeSim.Storage;

/// <summary>One change of the store; <see cref="Previous"/> is null for a creation, and <see cref="Deleted"/> says that the object is gone.</summary>
internal sealed record StoreEvent(StoredObject Object, StoredObject? Previous, bool Deleted)
{
    public long ResourceVersion => Object.ResourceVersion;
}
