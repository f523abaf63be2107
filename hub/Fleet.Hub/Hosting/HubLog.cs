using Fleet.Hub.Enrollment;

namespace Fleet.Hub.Hosting;

/// <summary>What a start says in the log.</summary>
internal static partial class HubLog
{
    public static void Started(ILogger logger, HubIdentity identity, HubOptions options, string? madeKeyFile)
    {
        if (madeKeyFile is not null)
        {
            KeyMade(logger, madeKeyFile);
        }

        Started(logger, identity.HubId, identity.TrustDomain, options.Postgres is null ? "SQLite" : "PostgreSQL", options.NodeName);
    }

    [LoggerMessage(EventName = "HubStarted", Level = LogLevel.Information, Message = "Hub {HubId} (trust domain {TrustDomain}) is ready on {Database} as node {Node}")]
    private static partial void Started(ILogger logger, string hubId, string trustDomain, string database, string node);

    [LoggerMessage(EventName = "MasterKeyMade", Level = LogLevel.Warning, Message = "A master key was made in {File}: it opens the CA's key and the Git credentials. Keep a copy apart from the database's backups")]
    private static partial void KeyMade(ILogger logger, string file);
}
