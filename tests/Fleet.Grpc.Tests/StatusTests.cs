using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Grpc.Tests.Support;
using Status = Grpc.Core.Status;

namespace Grpc.Tests;

public class StatusTests
{
    [Fact]
    public async Task RpcException_TextBeyondAscii_ArrivesWhole()
    {
        const string Text = "für 100 %\nof 😀";
        await using var server = await EchoServer.StartAsync(new EchoScript
        {
            Unary = (_, _) => throw new RpcException(new Status(StatusCode.FailedPrecondition, Text)),
        });
        var failure = await Patience.FailsAsync(StatusCode.FailedPrecondition, () => server.Client().UnaryAsync(new EchoRequest()).ResponseAsync);
        Assert.Equal(Text, failure.Status.Detail);
    }

    [Fact]
    public async Task RetryInfoAndBadRequest_InStatusDetails_ReachTheClient()
    {
        var rich = new Google.Rpc.Status { Code = (int)StatusCode.ResourceExhausted, Message = "later" };
        rich.Details.Add(Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(TimeSpan.FromSeconds(7)) }));
        rich.Details.Add(Any.Pack(new BadRequest { FieldViolations = { new BadRequest.Types.FieldViolation { Field = "spec.ref", Description = "missing" } } }));
        await using var server = await EchoServer.StartAsync(new EchoScript { Both = (_, _, _) => throw rich.ToRpcException() });
        using var call = server.Client().Both();

        var failure = await Patience.FailsAsync(StatusCode.ResourceExhausted, () => call.ResponseStream.MoveNext());
        var received = failure.GetRpcStatus();

        Assert.Equal(rich, received);
        Assert.Equal(7, received!.GetDetail<RetryInfo>()!.RetryDelay.Seconds);
        Assert.Equal("spec.ref", received!.GetDetail<BadRequest>()!.FieldViolations.Single().Field);
        Assert.Null(received!.GetDetail<ErrorInfo>());
    }

    [Fact]
    public void GetRpcStatus_BrokenDetails_IsNullAndHidesNothing()
    {
        var failure = new RpcException(new Status(StatusCode.Aborted, "real"), [new("grpc-status-details-bin", [255, 255, 255])]);
        Assert.Null(failure.GetRpcStatus());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task HandlerThrows_OtherException_GivesUnknownAndLogsIt(bool detailed)
    {
        await using var server = await EchoServer.StartAsync(
            new EchoScript { Unary = (_, _) => throw new InvalidOperationException("inner secret") },
            options => options.EnableDetailedErrors = detailed);
        var failure = await Patience.FailsAsync(StatusCode.Unknown, () => server.Client().UnaryAsync(new EchoRequest()).ResponseAsync);

        Assert.Equal(detailed, failure.Status.Detail.Contains("inner secret", StringComparison.Ordinal));
        Assert.Contains(server.Log.Errors, line => line.Contains("inner secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task HandlerSetsStatus_AndReturns_ClientGetsThatStatus()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript
        {
            Unary = (request, context) =>
            {
                context.Status = new Status(StatusCode.OutOfRange, "past the end");
                return Task.FromResult(EchoScript.Answer(request));
            },
        });
        await Patience.FailsAsync(StatusCode.OutOfRange, () => server.Client().UnaryAsync(new EchoRequest()).ResponseAsync);
    }

    [Fact]
    public async Task UnknownMethodOrService_OfAServerWithServices_IsUnimplemented()
    {
        await using var server = await EchoServer.StartAsync(new EchoScript());
        var invoker = server.Channel().CreateCallInvoker();
        foreach (var (service, method) in new[] { ("fleet.grpc.tests.Echo", "Nope"), ("no.Such", "Thing") })
        {
            var unknown = new Method<string, string>(MethodType.Unary, service, method, Marshallers.StringMarshaller, Marshallers.StringMarshaller);
            var failure = await Patience.FailsAsync(StatusCode.Unimplemented, () => invoker.AsyncUnaryCall(unknown, null, default, "x").ResponseAsync);
            Assert.Contains(method, failure.Status.Detail);
        }
    }

    [Fact]
    public async Task NoServer_AtTheAddress_IsUnavailable()
    {
        using var channel = Grpc.Net.Client.GrpcChannel.ForAddress("http://127.0.0.1:1");
        await Patience.FailsAsync(StatusCode.Unavailable, () => new Echo.EchoClient(channel).UnaryAsync(new EchoRequest()).ResponseAsync);
        using var duplex = new Echo.EchoClient(channel).Both();
        await Patience.FailsAsync(StatusCode.Unavailable, () => duplex.RequestStream.WriteAsync(new EchoRequest()));
        await Patience.FailsAsync(StatusCode.Unavailable, () => duplex.ResponseStream.MoveNext());
        await Patience.FailsAsync(StatusCode.Unavailable, () => duplex.ResponseHeadersAsync);
    }
}
