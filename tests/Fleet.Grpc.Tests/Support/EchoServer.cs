using System.Net;
using Grpc.AspNetCore.Server;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Grpc.Tests.Support;

/// <summary>A Kestrel on a free loopback port that serves a scripted Echo service.</summary>
internal sealed class EchoServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<GrpcChannel> _channels = [];

    private EchoServer(WebApplication app) => _app = app;

    internal Uri Address => new(_app.Urls.First());

    internal required CapturedLog Log { get; init; }

    internal static async Task<EchoServer> StartAsync(
        EchoScript script,
        Action<GrpcServiceOptions>? grpc = null,
        Action<ListenOptions>? listen = null,
        TimeProvider? time = null,
        Action<IServiceCollection>? services = null,
        Action<KestrelServerOptions>? kestrel = null,
        Action<WebApplication>? endpoints = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        var log = new CapturedLog();
        builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Debug);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.Listen(IPAddress.Loopback, 0, listener =>
            {
                listener.Protocols = HttpProtocols.Http2;
                listen?.Invoke(listener);
            });
            kestrel?.Invoke(options);
        });
        if (time is not null)
        {
            builder.Services.AddSingleton(time);
        }

        builder.Services.AddSingleton(script);
        builder.Services.AddGrpc(options => grpc?.Invoke(options));
        services?.Invoke(builder.Services);
        var app = builder.Build();
        app.MapGrpcService<EchoService>();
        endpoints?.Invoke(app);
        await app.StartAsync();
        return new EchoServer(app) { Log = log };
    }

    internal GrpcChannel Channel(Action<GrpcChannelOptions>? configure = null)
    {
        var options = new GrpcChannelOptions();
        configure?.Invoke(options);
        var channel = GrpcChannel.ForAddress(Address, options);
        _channels.Add(channel);
        return channel;
    }

    internal Echo.EchoClient Client(Action<GrpcChannelOptions>? configure = null) => new(Channel(configure));

    /// <summary>Stops as a process does that was asked to: no new calls, and patience with those under way.</summary>
    internal Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels)
        {
            channel.Dispose();
        }

        await _app.DisposeAsync();
    }
}
