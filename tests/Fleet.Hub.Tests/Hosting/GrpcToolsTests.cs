using Fleet.V1;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace Fleet.Hub.Tests.Hosting;

/// <summary>Health and reflection as the hub serves them.</summary>
public class GrpcToolsTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Health_WithoutKey_ServesForEachServiceAndEndsWithTheHub()
    {
        var hub = await TestHub.StartAsync();
        var client = new Health.HealthClient(hub.Channel(hub.Host.ApiAddress, null, null));
        using var watch = client.Watch(new HealthCheckRequest());
        while (await watch.ResponseStream.MoveNext(default).WaitAsync(Limit) && watch.ResponseStream.Current.Status != ServingStatus.Serving)
        {
        }

        var all = (await client.ListAsync(new HealthListRequest())).Statuses;
        Assert.Equal(
            ["", "fleet.v1.AgentService", "fleet.v1.ContentService", "fleet.v1.EnrollmentService", "fleet.v1.FleetApi"],
            all.Keys.Order(StringComparer.Ordinal));
        Assert.All(all.Values, status => Assert.Equal(ServingStatus.Serving, status.Status));
        var unknown = await Assert.ThrowsAsync<RpcException>(async () => await client.CheckAsync(new HealthCheckRequest { Service = "x" }));
        Assert.Equal(StatusCode.NotFound, unknown.StatusCode);

        var stopping = hub.Host.StopAsync();
        Assert.True(await watch.ResponseStream.MoveNext(default).WaitAsync(Limit));
        Assert.Equal(ServingStatus.NotServing, watch.ResponseStream.Current.Status);
        await stopping.WaitAsync(Limit);
        await hub.DisposeAsync();
    }

    [Fact]
    public async Task Reflection_OnlyWithAKey_AndOnlyOfThisListener()
    {
        await using var hub = await TestHub.StartAsync();
        var stranger = new ServerReflection.ServerReflectionClient(hub.Channel(hub.Host.ApiAddress, null, null));
        using (var refused = stranger.ServerReflectionInfo())
        {
            var failure = await Assert.ThrowsAsync<RpcException>(() => refused.ResponseStream.MoveNext(default).WaitAsync(Limit));
            Assert.Equal(StatusCode.Unauthenticated, failure.StatusCode);
        }

        using var call = new ServerReflection.ServerReflectionClient(hub.Channel(hub.Host.ApiAddress, hub.AdminKey, null)).ServerReflectionInfo();
        await call.RequestStream.WriteAsync(new ServerReflectionRequest { ListServices = "*" });
        Assert.True(await call.ResponseStream.MoveNext(default).WaitAsync(Limit));
        var names = call.ResponseStream.Current.ListServicesResponse.Service.Select(service => service.Name).ToArray();
        Assert.Contains(FleetApi.Descriptor.FullName, names);
        Assert.DoesNotContain(AgentService.Descriptor.FullName, names);

        await call.RequestStream.WriteAsync(new ServerReflectionRequest { FileContainingSymbol = "fleet.v1.FleetApi.Apply" });
        Assert.True(await call.ResponseStream.MoveNext(default).WaitAsync(Limit));
        Assert.True(call.ResponseStream.Current.FileDescriptorResponse.FileDescriptorProto.Count > 1);
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(default).WaitAsync(Limit));
    }
}
