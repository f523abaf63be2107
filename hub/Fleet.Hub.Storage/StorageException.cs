namespace Fleet.Hub.Storage;

/// <summary>The database cannot be used as it is; the message says what to do.</summary>
public sealed class StorageException(StorageFailure reason, string message, Exception? inner = null) : Exception(message, inner)
{
    public StorageFailure Reason { get; } = reason;
}

/// <summary>Why the database cannot be used.</summary>
public enum StorageFailure
{
    /// <summary>The system's libsqlite3 is missing.</summary>
    MissingLibrary,

    /// <summary>The database was migrated by a newer hub that this one does not understand.</summary>
    NewerSchema,

    /// <summary>Another hub has the SQLite file open.</summary>
    InUse,

    /// <summary>It could not be opened or reached.</summary>
    Unavailable,

    /// <summary>There is no space left for it; reading goes on.</summary>
    Full,

    /// <summary>A transaction kept colliding with others, or could not get its turn.</summary>
    Contention,

    /// <summary>A sealed value cannot be opened: its master key is missing, or it was tampered with.</summary>
    Sealed,
}
