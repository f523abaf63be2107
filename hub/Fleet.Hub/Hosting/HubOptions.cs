using System.Net;
using Fleet.Hub.Core.Clusters;

namespace Fleet.Hub.Hosting;

/// <summary>What a hub is started with. Addresses and files are explained by <see cref="HubArguments.Help"/>.</summary>
public sealed record HubOptions
{
    /// <summary>Folder for the database, mirrors, ca.pem, the revocation journal and the master key.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Operator API and enrollment; port 0: any free one.</summary>
    public IPEndPoint Listen { get; init; } = new(IPAddress.Loopback, 9443);

    /// <summary>Sessions and content over mutual TLS; port 0: any free one.</summary>
    public IPEndPoint AgentsListen { get; init; } = new(IPAddress.Any, 9444);

    /// <summary>How clients reach <see cref="Listen"/>, when that is not its own address.</summary>
    public Uri? PublicAddress { get; init; }

    /// <summary>How agents reach <see cref="AgentsListen"/>, when that is not its own address.</summary>
    public Uri? AgentsAddress { get; init; }

    /// <summary>Connection string; null: SQLite in <see cref="DataFolder"/>.</summary>
    public string? Postgres { get; init; }

    /// <summary>Null: FLEET_MASTER_KEY, or with SQLite a key made at first start.</summary>
    public string? MasterKeyFile { get; init; }

    /// <summary>PEM chain that the API listener shows under the names in it.</summary>
    public string? TlsCertificateFile { get; init; }

    /// <summary>PEM key of <see cref="TlsCertificateFile"/>.</summary>
    public string? TlsKeyFile { get; init; }

    /// <summary>Unique among the hub nodes of one database.</summary>
    public string NodeName { get; init; } = Environment.MachineName;

    /// <summary>Of agents' SPIFFE ids; used at first start only, then kept. Null: made up.</summary>
    public string? TrustDomain { get; init; }

    /// <summary>How often each side of a session says that it is there; a stream ends after three intervals of silence.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Silence of a cluster until it counts as Suspect, by the hub's own clock.</summary>
    public TimeSpan SuspectAfter { get; init; } = LivenessLimits.Default.SuspectAfter;

    /// <summary>Until it counts as Offline, and never as ready.</summary>
    public TimeSpan OfflineAfter { get; init; } = LivenessLimits.Default.OfflineAfter;

    /// <summary>Until it counts as Stale.</summary>
    public TimeSpan StaleAfter { get; init; } = LivenessLimits.Default.StaleAfter;

    /// <summary>Least severe level that is logged.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>False: nothing goes to standard output or error. For hubs inside other processes.</summary>
    public bool Console { get; init; } = true;

    /// <summary>Registers services before the hub's own, which give way where they allow it: for tests and benchmarks.</summary>
    public Action<IServiceCollection>? Configure { get; init; }
}
