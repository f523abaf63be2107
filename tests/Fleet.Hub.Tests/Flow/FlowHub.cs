using System.Diagnostics;
using Fleet.Hub.Access;
using Fleet.Hub.Api.Ports;
using Fleet.Hub.Content;
using Fleet.Hub.Core.Access;
using Fleet.Hub.Enrollment;
using Fleet.Hub.Git;
using Fleet.Hub.Rollouts;
using Fleet.Hub.Rollups;
using Fleet.Hub.Sessions;
using Fleet.Hub.Sources;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Clusters;
using Fleet.Hub.Storage.Identity;
using Fleet.Hub.Storage.Reports;
using Fleet.Hub.Storage.Resources;
using Fleet.Hub.Storage.Sqlite;
using Fleet.Hub.Work;
using Fleet.V1;
using Google.Protobuf;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SessionOptions = Fleet.Hub.Sessions.SessionOptions;

namespace Fleet.Hub.Tests.Flow;

/// <summary>
/// One hub node from the database to the wire, without enrollment and the operator API: the caller's identity comes from a
/// header that this host alone reads.
/// </summary>
internal sealed class FlowHub : IAsyncDisposable
{
    public const string ClusterHeader = "x-test-cluster";

    private readonly bool _ownsDatabase;
    private readonly string _folder;
    private WebApplication _app = null!;

    private FlowHub(string folder, FleetDatabase database, bool ownsDatabase)
    {
        _folder = folder;
        Database = database;
        _ownsDatabase = ownsDatabase;
    }

    public FleetDatabase Database { get; }

    public FleetStores Stores { get; } = new();

    public string Address { get; private set; } = "";

    public IServiceProvider Services => _app.Services;

    public static async Task<FlowHub> StartAsync(
        Action<SessionOptions>? sessions = null, FleetDatabase? database = null, string node = "node-1", TimeProvider? time = null, Action<IServiceCollection>? services = null)
    {
        var folder = Directory.CreateTempSubdirectory("fleet-flow-").FullName;
        var hub = new FlowHub(folder, database ?? await SqliteDatabase.OpenAsync(Path.Combine(folder, "fleet.db"), TimeProvider.System, default), database is null);
        await hub.Database.WriteAsync((tx, cancel) => hub.Stores.Hub.CreateAsync(
            tx, new HubState(Guid.NewGuid().ToString(), "fleet.test", "epoch", "db", 1, "k", [1], DateTimeOffset.UnixEpoch), cancel), default);
        await hub.ServeAsync(sessions, node, time ?? TimeProvider.System, services);
        return hub;
    }

    private async Task ServeAsync(Action<SessionOptions>? sessions, string node, TimeProvider time, Action<IServiceCollection>? services)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        if (Environment.GetEnvironmentVariable("FLEET_TEST_LOG") is { Length: > 0 })
        {
            builder.Logging.AddSimpleConsole();
        }

        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        var options = new SessionOptions
        {
            Heartbeat = TimeSpan.FromSeconds(1),
            Poll = TimeSpan.FromMilliseconds(200),
            // By the real clock: a busy machine must not make a test's Hello too late.
            HelloWithin = TimeSpan.FromMinutes(1),
        };
        sessions?.Invoke(options);
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(time);
        builder.Services.AddSingleton(Database);
        builder.Services.AddSingleton(Stores);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(new NodeIdentity(node, Guid.NewGuid().ToString("N")));
        builder.Services.AddSingleton(new GitMirrors(Path.Combine(_folder, "mirrors"), new GitOptions { AllowFile = true }, TimeProvider.System));
        builder.Services.AddSingleton<OpenCredential>((_, _) => Task.FromResult<GitCredential?>(null));
        builder.Services.AddSingleton<IdentityIssuer>(_ => null!);
        builder.Services.AddSingleton(new RevocationJournal(_folder));
        services?.Invoke(builder.Services);
        builder.Services.AddSources().AddRollouts().AddSessions().AddContent().AddRollups();
        _app = builder.Build();
        _app.Use((context, next) =>
        {
            if (context.Request.Headers.TryGetValue(ClusterHeader, out var cluster))
            {
                context.Features.Set(new AgentIdentity(cluster.ToString(), []));
            }

            return SessionAdmission.IsConnect(context) && _app.Services.GetRequiredService<SessionAdmission>().Refusal() is { } refusal
                ? RefuseAsync(context, refusal)
                : next(context);
        });
        _app.MapSessions();
        _app.MapContent();
        await _app.StartAsync();
        Address = _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
    }

    // As AgentGate does it, which this host stands in for.
    private static Task RefuseAsync(HttpContext context, Grpc.Core.RpcException refusal)
    {
        context.Response.ContentType = "application/grpc";
        context.Response.Headers["grpc-status"] = $"{(int)refusal.StatusCode}";
        foreach (var detail in refusal.Trailers.Where(entry => entry.IsBinary))
        {
            context.Response.Headers[detail.Key] = Convert.ToBase64String(detail.ValueBytes);
        }

        return Task.CompletedTask;
    }

    public GrpcChannel Channel() => GrpcChannel.ForAddress(Address);

    public async Task<string> AddClusterAsync(string name, params (string Key, string Value)[] labels)
    {
        var id = Guid.NewGuid().ToString();
        var now = DateTimeOffset.UtcNow;
        await Database.WriteAsync(async (tx, cancel) =>
        {
            Assert.True(await Stores.Clusters.InsertAsync(
                tx,
                new StoredCluster(id, name, 1, 1, labels.ToDictionary(label => label.Key, label => label.Value), new Dictionary<string, string>(), [], "", "NeverConnected", now, null, "", "", now, now, null, null),
                ClusterIdentity.None(id),
                cancel));
            await Stores.Work.RaiseAsync(tx, WorkKinds.Membership, WorkKinds.All, Database.Clock.GetUtcNow(), cancel);
        }, default);
        return id;
    }

    public async Task LabelAsync(string id, params (string Key, string Value)[] labels) => await Database.WriteAsync(async (tx, cancel) =>
    {
        var stored = await Stores.Clusters.LockAsync(tx, id, cancel);
        Assert.NotNull(await Stores.Clusters.UpdateAsync(tx, stored! with { Labels = labels.ToDictionary(label => label.Key, label => label.Value) }, cancel));
        await Stores.Work.RaiseAsync(tx, WorkKinds.Membership, WorkKinds.All, Database.Clock.GetUtcNow(), cancel);
    }, default);

    public Task<string> ApplySourceAsync(string name, string url, string interval = "1s") =>
        ApplyAsync("GitSource", name, new GitSource { Spec = new GitSourceSpec { Url = url, PollInterval = interval } }, WorkKinds.Source, null);

    public Task<string> ApplyGroupAsync(string name, string key, string value) => ApplyAsync(
        "ClusterGroup", name, new ClusterGroup { Spec = new ClusterGroupSpec { Selector = new LabelSelector { MatchLabels = { { key, value } } } } }, WorkKinds.Membership, WorkKinds.All);

    public Task<string> ApplyAssignmentAsync(string name, AssignmentSpec spec) =>
        ApplyAsync("Assignment", name, new Assignment { Spec = spec }, WorkKinds.Rollout, null);

    private Task<string> ApplyAsync(string kind, string name, IMessage body, string work, string? key) => Database.WriteAsync(async (tx, cancel) =>
    {
        var now = DateTimeOffset.UtcNow;
        var present = await Stores.Resources.GetAsync(tx, kind, name, cancel);
        var uid = present?.Uid ?? Guid.NewGuid().ToString();
        var resource = new StoredResource(
            kind, name, uid, present?.Version ?? 1, (present?.Generation ?? 0) + 1, new Dictionary<string, string>(), body.ToByteArray(), present?.Created ?? now, now, null);
        if (present is null)
        {
            Assert.True(await Stores.Resources.InsertAsync(tx, resource, cancel));
        }
        else
        {
            Assert.NotNull(await Stores.Resources.UpdateAsync(tx, resource, cancel));
        }

        await Stores.Work.RaiseAsync(tx, work, key ?? uid, Database.Clock.GetUtcNow(), cancel);
        return uid;
    }, default);

    public async Task DeleteAssignmentAsync(string name) => await Database.WriteAsync(async (tx, cancel) =>
    {
        var stored = await Stores.Resources.LockAsync(tx, "Assignment", name, cancel);
        await Stores.Resources.MarkDeletedAsync(tx, stored!, DateTimeOffset.UtcNow, cancel);
        await Stores.Work.RaiseAsync(tx, WorkKinds.Rollout, stored!.Uid, Database.Clock.GetUtcNow(), cancel);
    }, default);

    public Task ReleaseIncidentAsync(string name) => Services.GetRequiredService<IHoldReleases>().ReleaseIncidentAsync(
        new ReleaseIncidentRequest { Name = name }, new Caller("ann", Role.Admin), default);

    public Task<ReleaseHoldResponse?> ReleaseHoldAsync(string name, bool refuse = false) => Services.GetRequiredService<IHoldReleases>().ReleaseHoldAsync(
        new ReleaseHoldRequest { Name = name, Refuse = refuse }, new Caller("ann", Role.Admin), default);

    public Task<StoredResource?> FindAsync(string kind, string name) =>
        Database.ReadAsync((tx, cancel) => Stores.Resources.GetAsync(tx, kind, name, cancel), default);

    public async Task<AssignmentStatus> StatusAsync(string uid) =>
        await Database.ReadAsync((tx, cancel) => Stores.Resources.GetStatusAsync(tx, uid, cancel), default) is { } bytes ? AssignmentStatus.Parser.ParseFrom(bytes) : new AssignmentStatus();

    public async Task<GitSourceStatus> SourceStatusAsync(string uid) =>
        await Database.ReadAsync((tx, cancel) => Stores.Resources.GetStatusAsync(tx, uid, cancel), default) is { } bytes ? GitSourceStatus.Parser.ParseFrom(bytes) : new GitSourceStatus();

    public Task<IReadOnlyList<TargetState>> TargetsAsync(string assignment) =>
        Database.ReadAsync((tx, cancel) => Stores.Rollups.StatesAsync(tx, assignment, cancel), default);

    public async Task<string> ClusterStateAsync(string id) =>
        (await Database.ReadAsync((tx, cancel) => Stores.Clusters.GetAsync(tx, id, cancel), default))!.State;

    public static async Task<T> EventuallyAsync<T>(Func<Task<T>> read, Func<T, bool> wanted, string what, int seconds = 30)
    {
        var deadline = Stopwatch.StartNew();
        while (true)
        {
            var value = await read();
            if (wanted(value))
            {
                return value;
            }

            Assert.True(deadline.Elapsed < TimeSpan.FromSeconds(seconds), $"{what} did not come within {seconds} s; last seen: {value}");
            await Task.Delay(20);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationTokenSource(TimeSpan.FromSeconds(10)).Token);
        await _app.DisposeAsync();
        if (_ownsDatabase)
        {
            await Database.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }
}
