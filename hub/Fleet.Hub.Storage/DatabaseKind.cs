namespace Fleet.Hub.Storage;

/// <summary>Which database stands behind a hub.</summary>
public enum DatabaseKind
{
    Sqlite,
    PostgreSql,
}
