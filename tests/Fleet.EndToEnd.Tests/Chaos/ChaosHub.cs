using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Fleet.Cli.Connection;
using Fleet.Hub.Hosting;
using Fleet.Hub.Sessions;
using Fleet.Testing.Network;
using Fleet.Testing.Programs;
using Grpc.AspNetCore.Server;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fleet.EndToEnd.Tests.Chaos;

/// <summary>A hub behind two proxies, in this process or as a program; it ends without a word and comes back at the same ports.</summary>
internal sealed class ChaosHub : IAsyncDisposable
{
    private readonly string _data;
    private readonly ConcurrentQueue<string> _log;
    private readonly string? _postgres;
    private readonly bool _isProgram;
    private readonly IPEndPoint _api = Free();
    private readonly IPEndPoint _agents = Free();
    private HubHost? _host;
    private ChildProgram? _program;

    private ChaosHub(string data, ConcurrentQueue<string> log, string? postgres, bool isProgram)
    {
        (_data, _log, _postgres, _isProgram) = (data, log, postgres, isProgram);
        ApiProxy = TcpProxy.Start(_api.Port);
        AgentsProxy = TcpProxy.Start(_agents.Port);
    }

    public static readonly TimeSpan Heartbeat = TimeSpan.FromMilliseconds(400);

    public TcpProxy ApiProxy { get; }

    public TcpProxy AgentsProxy { get; }

    public EchoInterceptor Echo { get; } = new();

    public HubConnection Operator { get; private set; } = null!;

    public Uri AgentsEnrollAt => ApiProxy.Through(new Uri($"https://{_api}"));

    public string CaPin { get; private set; } = "";

    public string Data => _data;

    public bool IsUp => _host is not null || _program is { HasExited: false };

    /// <summary>The program's process, for a kill at a moment that only a callback sees.</summary>
    public ChildProgram? Program => _program;

    public static async Task<ChaosHub> StartAsync(string data, ConcurrentQueue<string> log, string? postgres = null, bool isProgram = false)
    {
        var hub = new ChaosHub(data, log, postgres, isProgram);
        await hub.StartAsync();
        var ca = await File.ReadAllTextAsync(Path.Combine(data, "ca.pem"));
        var key = (await File.ReadAllTextAsync(Path.Combine(data, "admin.key"))).Trim();
        hub.Operator = HubConnection.Open(new HubSettings(new Uri($"https://{hub._api}"), ca, key, TimeSpan.FromSeconds(20)));
        hub.CaPin = (await hub.Operator.Api.GetVersionAsync(new V1.GetVersionRequest(), hub.Operator.Call(default, TimeSpan.FromSeconds(60)))).CaPin;
        return hub;
    }

    public async Task StartAsync()
    {
        if (IsUp)
        {
            return;
        }

        if (_isProgram)
        {
            string[] postgres = _postgres is null ? [] : ["--postgres", _postgres, "--master-key-file", MasterKey()];
            _program = await ChildProgram.StartAsync("fleet-hub",
                ["--data", _data, "--listen", $"{_api}", "--agents-listen", $"{_agents}", "--public-address", $"{ApiProxy.Through(new Uri($"https://{_api}"))}",
                "--agents-address", $"{AgentsProxy.Through(new Uri($"https://{_agents}"))}", "--heartbeat", "400ms", "--suspect-after", "3s", "--offline-after", "6s", "--log-level", "warning", .. postgres]);
            await _program.Output.LineAsync("fleet-hub ready");
            return;
        }

        for (var attempt = 1; ; attempt++)
        {
            try
            {
                _host = await HubHost.StartAsync(Options());
                return;
            }
            catch (HubStartException) when (attempt < 20)
            {
                // The port is still being let go of, or the database is still away.
                await Task.Delay(TimeSpan.FromMilliseconds(100 * attempt));
            }
        }
    }

    /// <summary>kill −9; inside this process, the nearest thing to it: nothing is drained, nothing is waited for.</summary>
    public async Task CrashAsync()
    {
        if (_program is { } program)
        {
            await program.DisposeAsync();
            _program = null;
        }

        if (_host is { } host)
        {
            _host = null;
            AgentsProxy.Cut();
            try
            {
                await host.StopAsync(new CancellationToken(canceled: true));
            }
            catch (OperationCanceledException)
            {
                // As asked: it did not wait.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Operator?.Dispose();
        await CrashAsync();
        await ApiProxy.DisposeAsync();
        await AgentsProxy.DisposeAsync();
    }

    private HubOptions Options() => new()
    {
        DataFolder = _data,
        Listen = _api,
        AgentsListen = _agents,
        PublicAddress = ApiProxy.Through(new Uri($"https://{_api}")),
        AgentsAddress = AgentsProxy.Through(new Uri($"https://{_agents}")),
        Postgres = _postgres,
        MasterKeyFile = _postgres is null ? null : MasterKey(),
        NodeName = "node",
        Console = false,
        Configure = services =>
        {
            services.AddSingleton(new SessionOptions
            {
                Heartbeat = Heartbeat,
                SuspectAfter = TimeSpan.FromSeconds(3),
                OfflineAfter = TimeSpan.FromSeconds(6),
                ReportInterval = TimeSpan.FromMilliseconds(100),
                Poll = TimeSpan.FromSeconds(1),
            });
            services.AddSingleton<ILoggerProvider>(new QueueLogs(_log, "hub"));
            services.AddSingleton(Echo);
            services.Configure<GrpcServiceOptions>(grpc => grpc.Interceptors.Add<EchoInterceptor>());
        },
    };

    private string MasterKey()
    {
        var path = _data + ".key";
        if (!File.Exists(path))
        {
            File.WriteAllText(path, Convert.ToBase64String(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32)));
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return path;
    }

    // Below the range from which the system takes the ports of outgoing connections: those would take it while the hub is down.
    private static IPEndPoint Free()
    {
        while (true)
        {
            using var probe = new TcpListener(IPAddress.Loopback, System.Security.Cryptography.RandomNumberGenerator.GetInt32(12_000, 32_000));
            try
            {
                probe.Start();
                return (IPEndPoint)probe.LocalEndpoint;
            }
            catch (SocketException)
            {
                // Taken: the next one.
            }
        }
    }
}
