using System.Reflection;
using Fleet.Hub.Enrollment;
using Fleet.Hub.Storage;
using Fleet.V1;

namespace Fleet.Hub.Api.Calls;

/// <summary>GetVersion.</summary>
internal sealed class VersionCall(FleetDatabase database, HubIdentity hub)
{
    private const int Protocol = 1;

    public static string Version { get; } =
        typeof(VersionCall).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    public VersionResponse Get() => new()
    {
        Version = Version,
        HubId = hub.HubId,
        TrustDomain = hub.TrustDomain,
        ProtocolMin = Protocol,
        ProtocolMax = Protocol,
        Database = database.Kind == DatabaseKind.Sqlite ? "SQLite" : "PostgreSQL",
        CaPin = hub.Pin,
        CaCertificates = hub.BundlePem(),
    };
}
