using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Fleet.Hub.Enrollment;
using Fleet.Hub.Hosting;
using Fleet.Hub.Storage;
using Fleet.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fleet.Hub.Tests;

/// <summary>A hub in this process, on free ports, over real TLS, with SQLite in a temporary folder.</summary>
internal sealed class TestHub : IAsyncDisposable
{
    private readonly List<IDisposable> _owned = [];
    private readonly string _folder;
    private readonly bool _ownsFolder;

    private TestHub(HubHost host, string folder, bool ownsFolder, string? adminKey)
    {
        (Host, _folder, _ownsFolder) = (host, folder, ownsFolder);
        AdminKey = adminKey ?? File.ReadAllText(Path.Combine(folder, "admin.key")).Trim();
        Api = Client(AdminKey);
        Enrollment = new EnrollmentService.EnrollmentServiceClient(Channel(host.ApiAddress, null, null));
    }

    public HubHost Host { get; }

    /// <summary>Clients judge the hub's certificate by this clock; null: by the real one.</summary>
    public TimeProvider? ClientClock { get; set; }

    public string Folder => _folder;

    public string AdminKey { get; }

    public FleetApi.FleetApiClient Api { get; }

    public EnrollmentService.EnrollmentServiceClient Enrollment { get; }

    public static string NewFolder() => Path.Combine(Path.GetTempPath(), "fleet-hub-test-" + Guid.NewGuid().ToString("N")[..12]);

    public static async Task<TestHub> StartAsync(TimeProvider? clock = null, string? folder = null, Func<HubOptions, HubOptions>? change = null, string? adminKey = null)
    {
        var data = folder ?? NewFolder();
        var options = Options(data);
        var host = await HubHost.StartAsync(change is null ? options : change(options), clock);
        return new TestHub(host, data, folder is null, host.AdminKey ?? adminKey);
    }

    public static HubOptions Options(string folder) => new()
    {
        DataFolder = folder,
        Listen = new IPEndPoint(IPAddress.Loopback, 0),
        AgentsListen = new IPEndPoint(IPAddress.Loopback, 0),
        Console = false,
        LogLevel = LogLevel.Warning,
    };

    public FleetApi.FleetApiClient Client(string key) => new(Channel(Host.ApiAddress, key, null));

    public HttpClient Http(string? key)
    {
        var http = new HttpClient(Handler(null)) { BaseAddress = Host.ApiAddress, Timeout = TimeSpan.FromSeconds(30) };
        if (key is not null)
        {
            http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        }

        _owned.Add(http);
        return http;
    }

    /// <summary>A client of the agents' listener.</summary>
    public AgentService.AgentServiceClient Agents(X509Certificate2? certificate) => new(Channel(Host.AgentsAddress, null, certificate));

    public GrpcChannel Channel(Uri address, string? key, X509Certificate2? certificate, string? trust = null)
    {
        var client = new HttpClient(Handler(certificate, trust)) { Timeout = Timeout.InfiniteTimeSpan };
        if (key is not null)
        {
            client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        }

        var channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpClient = client, DisposeHttpClient = true });
        _owned.Add(channel);
        return channel;
    }

    public async Task<ApplyResponse> ApplyAsync(string yaml, bool dryRun = false) =>
        await Api.ApplyAsync(new ApplyRequest { Files = { new SourceFile { Name = "test.yaml", Content = yaml } }, DryRun = dryRun });

    public async Task<RpcException> ApplyFailsAsync(string yaml) => await Assert.ThrowsAsync<RpcException>(() => ApplyAsync(yaml));

    public async Task<string> TokenAsync(string names = "*", int uses = 1, Action<EnrollmentTokenSpec>? change = null)
    {
        var spec = new EnrollmentTokenSpec { ClusterNames = names, Uses = uses };
        change?.Invoke(spec);
        return (await Api.CreateTokenAsync(new CreateTokenRequest { Spec = spec })).Secret;
    }

    /// <summary>What another node would hear of: the stored authorities, now.</summary>
    public async Task TakeAuthoritiesAsync() => Host.Services.GetRequiredService<HubIdentity>().Take(
        await Host.Services.GetRequiredService<FleetDatabase>().ReadAsync(Host.Services.GetRequiredService<AuthorityKeys>().LoadAsync, default));

    public async ValueTask DisposeAsync()
    {
        foreach (var one in _owned)
        {
            one.Dispose();
        }

        await Host.DisposeAsync();
        if (_ownsFolder)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private SocketsHttpHandler Handler(X509Certificate2? certificate, string? trust = null)
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPem(trust ?? Host.CaPem);
        var options = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck },
        };
        options.CertificateChainPolicy.CustomTrustStore.AddRange(roots);
        if (ClientClock is { } clock)
        {
            (options.CertificateChainPolicy.VerificationTime, options.CertificateChainPolicy.VerificationTimeIgnored) = (clock.GetUtcNow().UtcDateTime, false);
        }

        if (certificate is not null)
        {
            options.ClientCertificates = [certificate];
            options.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate;
        }

        return new SocketsHttpHandler { SslOptions = options, PooledConnectionLifetime = TimeSpan.FromMinutes(5), ConnectTimeout = TimeSpan.FromSeconds(10) };
    }
}
