using Fleet.Hub.Enrollment;
using Fleet.Hub.Hosting.Metrics;
using Fleet.Hub.Storage;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Console;

namespace Fleet.Hub.Hosting;

/// <summary>A running hub node: in a process of its own, or inside another for tests, the demo and the benchmarks.</summary>
public sealed class HubHost : IAsyncDisposable
{
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(8);

    private readonly WebApplication _app;
    private readonly FleetDatabase _database;
    private readonly HubIdentity _identity;
    private int _stopped;

    private HubHost(WebApplication app, FleetDatabase database, HubIdentity identity, string? adminKey) =>
        (_app, _database, _identity, AdminKey) = (app, database, identity, adminKey);

    /// <summary>Operator API, REST and enrollment.</summary>
    public Uri ApiAddress => _app.Services.GetRequiredService<HubAddresses>().Api;

    /// <summary>Sessions and content.</summary>
    public Uri AgentsAddress => _app.Services.GetRequiredService<HubAddresses>().Agents;

    /// <summary>The first admin key, at the start that made it; null at others.</summary>
    public string? AdminKey { get; }

    /// <summary>The hub's CA certificates.</summary>
    public string CaPem => _identity.BundlePem();

    /// <summary>The pin of the CA, as agents take it.</summary>
    public string CaPin => _identity.Pin;

    /// <summary>The hub's services, for in-process use.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>Starts a hub node; returns when it is ready.</summary>
    /// <exception cref="HubStartException">The options are wrong, or what they name cannot be used; the message says what to change.</exception>
    public static async Task<HubHost> StartAsync(HubOptions options, TimeProvider? clock = null, CancellationToken cancellationToken = default)
    {
        clock ??= TimeProvider.System;
        options = options with { DataFolder = Path.GetFullPath(options.DataFolder) };
        var errors = HubOptionsValidator.Validate(options).ToArray();
        if (errors.Length > 0)
        {
            throw new HubStartException(string.Join('\n', errors));
        }

        try
        {
            return await StartCheckedAsync(options, clock, cancellationToken).ConfigureAwait(false);
        }
        catch (StorageException e)
        {
            throw new HubStartException(e.Message, e);
        }
        catch (IOException e)
        {
            throw new HubStartException($"{e.Message} Check --listen and --agents-listen (is the port taken?), and that --data may be written.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new HubStartException($"{e.Message} Check that the hub's user may write --data.", e);
        }
    }

    private static async Task<HubHost> StartCheckedAsync(HubOptions options, TimeProvider clock, CancellationToken cancellationToken)
    {
        PrivateFiles.CreateFolder(options.DataFolder);
        var (sealer, madeKeyFile) = HubDatabase.OpenSealer(options);
        var builder = Builder(options, clock);
        using var early = LoggerFactory.Create(logging => Logging(logging, options, clock));
        var database = await HubDatabase.OpenAsync(options, clock, early, cancellationToken).ConfigureAwait(false);
        WebApplication? app = null;
        try
        {
            var stores = new FleetStores();
            var identity = await new HubIdentities(database, stores, sealer, clock).LoadAsync(options.TrustDomain, options.DataFolder, cancellationToken).ConfigureAwait(false);
            await File.WriteAllTextAsync(Path.Combine(options.DataFolder, "ca.pem"), identity.BundlePem(), cancellationToken).ConfigureAwait(false);
            var adminKey = await new FirstAdminKey(database, stores, clock).EnsureAsync(options.DataFolder, cancellationToken).ConfigureAwait(false);

            builder.Services.AddStorage(database, stores, sealer, options, clock).AddSingleton(identity).AddRooms();
            app = builder.Build();
            Pipeline(app);
            await app.Services.GetRequiredService<RevocationReplay>().RunAsync(cancellationToken).ConfigureAwait(false);
            await app.Services.GetRequiredService<HubMarks>().LeaveAsync(cancellationToken).ConfigureAwait(false);
            await app.StartAsync(cancellationToken).ConfigureAwait(false);
            app.Services.GetRequiredService<BoundListeners>().Announce(options, app.Services.GetRequiredService<HubAddresses>());
            app.Services.GetRequiredService<HubReadiness>().Started();
            HubLog.Started(app.Logger, identity, options, madeKeyFile);
            return new HubHost(app, database, identity, adminKey);
        }
        catch
        {
            if (app is not null)
            {
                await app.DisposeAsync().ConfigureAwait(false);
            }

            await database.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    // Empty: no ambient configuration (ASPNETCORE_URLS, appsettings.json) may open another listener.
    private static WebApplicationBuilder Builder(HubOptions options, TimeProvider clock)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "fleet-hub", ContentRootPath = options.DataFolder });
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => HubListeners.Configure(kestrel, options));
        Logging(builder.Logging, options, clock);
        options.Configure?.Invoke(builder.Services);
        builder.Services.AddRouting();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        builder.Services
            .Replace(ServiceDescriptor.Singleton<IHostLifetime, NoLifetime>())
            .AddSingleton(clock)
            .AddSingleton(options)
            .AddSingleton(new RevocationJournal(options.DataFolder))
            .AddSingleton<HubAddresses>()
            .AddSingleton<BoundListeners>()
            .AddSingleton<ServerCertificates>()
            .AddSingleton<HubReadiness>()
            .AddSingleton<MetricsEndpoint>();
        return builder;
    }

    private static void Logging(ILoggingBuilder logging, HubOptions options, TimeProvider clock)
    {
        logging.SetMinimumLevel(options.LogLevel).AddFilter("Microsoft", LogLevel.Warning).AddFilter("System", LogLevel.Warning);
        if (options.Console)
        {
            // Standard output is for what callers read: the ready line and the first key.
            logging.Services.TryAddSingleton(clock);
            logging.AddConsole(console => (console.FormatterName, console.LogToStandardErrorThreshold) = (OneLineConsole.FormatterName, LogLevel.Trace))
                .AddConsoleFormatter<OneLineConsole, ConsoleFormatterOptions>();
        }
    }

    private static void Pipeline(WebApplication app)
    {
        app.Services.GetRequiredService<MetricsEndpoint>();
        app.UseRouting();
        app.UseListenerSeparation();
        var gate = app.Services.GetRequiredService<AgentGate>();
        app.Use(next => context => gate.InvokeAsync(context, next));
        app.MapRooms();
    }

    /// <summary>Stops taking calls, ends sessions and controllers, closes the database.</summary>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0)
        {
            return;
        }

        _app.Services.GetRequiredService<HubReadiness>().Stopping();
        try
        {
            await _app.StopAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Also when the caller would not wait: the database must not stay taken.
            await _app.DisposeAsync().ConfigureAwait(false);
            await _database.DisposeAsync().ConfigureAwait(false);
            _identity.Dispose();
        }
    }

    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    /// <summary>The process's signals are its Main's business: several hubs may run in one.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
