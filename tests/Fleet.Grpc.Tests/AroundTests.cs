using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Grpc.AspNetCore.Around;
using Grpc.Core;
using Grpc.Tests.Support;

namespace Grpc.Tests;

/// <summary>The interceptors for authorization, errors, logs and metrics, around all four kinds of call.</summary>
public class AroundTests
{
    private const string Secret = "password=hunter2";

    [Fact]
    public async Task FailingHandlers_OfEveryKind_TellTheClientNothingAndAreLoggedAndCounted()
    {
        var measured = new ConcurrentBag<string>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, own) => { if (instrument is { Meter.Name: CallMetrics.MeterName, Name: "fleet_grpc_call" }) { own.EnableMeasurementEvents(instrument); } } };
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
        {
            var text = string.Join(' ', tags.ToArray().Select(tag => tag.Value));
            if (text.Contains("fleet.grpc.tests.Echo", StringComparison.Ordinal))
            {
                measured.Add(text);
            }
        });
        listener.Start();
        await using var server = await EchoServer.StartAsync(
            new EchoScript
            {
                Unary = (_, _) => throw new InvalidOperationException(Secret),
                Down = (_, _, _) => throw new InvalidOperationException(Secret),
                Up = (_, _) => throw new InvalidOperationException(Secret),
                Both = (_, _, _) => throw new InvalidOperationException(Secret),
            },
            options =>
            {
                options.Interceptors.Add<CallLog>();
                options.Interceptors.Add<CallMetrics>();
                options.Interceptors.Add<CallErrors>();
            });
        var client = server.Client();

        foreach (var failing in Calls(client))
        {
            var failure = await Patience.FailsAsync(StatusCode.Internal, failing);
            Assert.DoesNotContain("hunter2", failure.ToString());
        }

        await Patience.Until(() => server.Log.Events.Count(name => name == "GrpcCallEnded") == 4, "the log of four calls");
        Assert.Equal(4, server.Log.Events.Count(name => name == "GrpcCallErred"));
        Assert.All(new[] { "Unary", "Down", "Up", "Both" }, method => Assert.Contains($"/fleet.grpc.tests.Echo/{method} Internal", measured));
    }

    [Fact]
    public async Task Refused_OfEveryKind_NeverReachesAHandler()
    {
        var reached = 0;
        await using var server = await EchoServer.StartAsync(
            new EchoScript { Unary = (request, _) => { reached++; return Task.FromResult(EchoScript.Answer(request)); } },
            options => options.Interceptors.Add<CallAuthorization>((Func<ServerCallContext, Task>)(context =>
                context.RequestHeaders.GetValue("x-key") == "good" ? Task.CompletedTask : throw new RpcException(new Status(StatusCode.Unauthenticated, "no key")))));

        foreach (var failing in Calls(server.Client()))
        {
            await Patience.FailsAsync(StatusCode.Unauthenticated, failing);
        }

        Assert.Equal(0, reached);
        await server.Client().UnaryAsync(new EchoRequest(), [new("x-key", "good")]).Soon();
        Assert.Equal(1, reached);
    }

    private static Func<Task>[] Calls(Echo.EchoClient client) =>
    [
        () => client.UnaryAsync(new EchoRequest()).ResponseAsync,
        () => client.Down(new EchoRequest()).ResponseStream.MoveNext(),
        () => client.Up().ResponseAsync,
        () => client.Both().ResponseStream.MoveNext(),
    ];
}
