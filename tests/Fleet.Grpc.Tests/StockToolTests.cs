using System.Text.Json.Nodes;
using Grpc.AspNetCore.Health;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace Grpc.Tests;

/// <summary>grpc.health.v1 and server reflection, for stock tools: with the public definitions that npm's packages carry.</summary>
public class StockToolTests
{
    [Fact]
    public async Task HealthAndReflection_StockClient_SeesBoth()
    {
        HealthBoard? board = null;
        var server = await StartAsync(found => board = found);
        board!.Set(HealthBoard.Whole, serving: true);
        board.Set("fleet.grpc.tests.Echo", serving: false);
        await using var peer = await NodePeer.StartAsync("stock.js", $"127.0.0.1:{server.Address.Port}");

        Assert.Equal("SERVING", (string?)(await SeenAsync(peer, "check"))["status"]);
        Assert.Equal(5, (int?)(await SeenAsync(peer, "checkUnknown"))["code"]);
        Assert.Equal("NOT_SERVING", (string?)(await SeenAsync(peer, "list"))["statuses"]!["fleet.grpc.tests.Echo"]!["status"]);
        foreach (var version in new[] { "v1", "v1alpha" })
        {
            Assert.Equal(
                """[["fleet.grpc.tests.Echo","grpc.health.v1.Health","grpc.reflection.v1.ServerReflection","grpc.reflection.v1alpha.ServerReflection"],["echo.proto"],["grpc/health/v1/health.proto"],5,5,[]]""",
                (await SeenAsync(peer, version))["answers"]!.ToJsonString());
        }

        await peer.LineAsync(line => line.Contains("SERVICE_UNKNOWN", StringComparison.Ordinal));
        board.Set("watched", serving: true);
        await peer.LineAsync(line => line.Contains("\"watch\"", StringComparison.Ordinal) && line.Contains("\"SERVING\"", StringComparison.Ordinal));
        board.Set("watched", serving: false);
        await peer.LineAsync(line => line.Contains("\"watch\"", StringComparison.Ordinal) && line.Contains("\"NOT_SERVING\"", StringComparison.Ordinal));
        // A watch must not hold up the stop of its server.
        await server.StopAsync().Soon();
        await peer.LineAsync(line => line.Contains("\"watchEnded\",\"code\":14", StringComparison.Ordinal));
        await server.DisposeAsync();
        Assert.Empty(server.Log.Errors);
    }

    [Fact]
    public async Task Watch_ManyChanges_TheLastIsAlwaysTold()
    {
        HealthBoard? board = null;
        await using var server = await StartAsync(found => board = found);
        using var call = new Health.V1.Health.HealthClient(server.Channel()).Watch(new HealthCheckRequest { Service = "s" });
        Assert.True(await call.ResponseStream.MoveNext().Soon());
        Assert.Equal(ServingStatus.ServiceUnknown, call.ResponseStream.Current.Status);
        for (var i = 0; i < 1001; i++)
        {
            board!.Set("s", serving: i % 2 == 0);
        }

        // Those between may be left out, as a slow reader's would be; never the last one.
        do
        {
            Assert.True(await call.ResponseStream.MoveNext().Soon());
        }
        while (call.ResponseStream.Current.Status != ServingStatus.Serving || server.Log.Errors.Any());
        Assert.Equal(ServingStatus.Serving, (await new Health.V1.Health.HealthClient(server.Channel()).CheckAsync(new HealthCheckRequest { Service = "s" }).Soon()).Status);
    }

    [Fact]
    public async Task Reflection_RequestOverItsLimit_IsRefused()
    {
        await using var server = await StartAsync(_ => { });
        using var call = new Reflection.V1.ServerReflection.ServerReflectionClient(server.Channel()).ServerReflectionInfo();
        await call.RequestStream.WriteAsync(new() { FileByFilename = new string('x', 20_000) }).Soon();
        await Patience.FailsAsync(StatusCode.ResourceExhausted, () => call.ResponseStream.MoveNext());
    }

    private static Task<EchoServer> StartAsync(Action<HealthBoard> board) => EchoServer.StartAsync(
        new EchoScript(),
        services: services =>
        {
            services.AddGrpcHealth();
            services.AddGrpcReflection([Echo.Descriptor, Health.V1.Health.Descriptor]);
        },
        endpoints: app =>
        {
            board(app.Services.GetRequiredService<HealthBoard>());
            app.MapGrpcHealth();
            app.MapGrpcReflection();
        });

    private static async Task<JsonNode> SeenAsync(NodePeer peer, string name) =>
        JsonNode.Parse(await peer.LineAsync(line => line.StartsWith($$"""{"name":"{{name}}",""", StringComparison.Ordinal)))!;
}
