using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.Tests;

/// <summary>Our client before a server that is no gRPC server, or a bad one.</summary>
public class ClientProtocolTests
{
    private static readonly byte[] s_message = RawPeer.Frame(new EchoResponse { Text = "x" });

    [Theory]
    [InlineData(400, StatusCode.Internal)]
    [InlineData(401, StatusCode.Unauthenticated)]
    [InlineData(403, StatusCode.PermissionDenied)]
    [InlineData(404, StatusCode.Unimplemented)]
    [InlineData(429, StatusCode.Unavailable)]
    [InlineData(502, StatusCode.Unavailable)]
    [InlineData(503, StatusCode.Unavailable)]
    [InlineData(504, StatusCode.Unavailable)]
    [InlineData(302, StatusCode.Unknown)]
    [InlineData(500, StatusCode.Unknown)]
    public Task HttpStatus_WithoutGrpcStatus_IsMapped(int http, StatusCode expected) =>
        ExpectAsync(expected, context =>
        {
            context.Response.StatusCode = http;
            context.Response.ContentType = "text/html";
            return context.Response.WriteAsync("sorry");
        });

    [Fact]
    public Task HttpStatus_WithGrpcStatus_YieldsToIt() =>
        ExpectAsync(StatusCode.NotFound, context =>
        {
            context.Response.StatusCode = 503;
            context.Response.Headers["grpc-status"] = "5";
            return Task.CompletedTask;
        });

    [Fact]
    public Task ContentType_NotGrpc_IsUnknown() =>
        ExpectAsync(StatusCode.Unknown, context =>
        {
            context.Response.ContentType = "text/plain";
            return context.Response.WriteAsync("hello");
        });

    [Fact]
    public Task Trailers_Missing_IsUnknown() => ExpectAsync(StatusCode.Unknown, context => AnswerAsync(context, s_message, _ => { }));

    [Theory]
    [InlineData("abc", StatusCode.Unknown)]
    [InlineData("", StatusCode.Unknown)]
    [InlineData("-1", StatusCode.Unknown)]
    [InlineData("99", StatusCode.Unknown)]
    [InlineData("99999999999", StatusCode.Unknown)]
    [InlineData("14", StatusCode.Unavailable)]
    public Task GrpcStatus_InTrailers_IsReadWithCare(string status, StatusCode expected) =>
        ExpectAsync(expected, context => AnswerAsync(context, s_message, trailers => trailers["grpc-status"] = status));

    [Fact]
    public async Task StatusDetails_NoBase64_LeaveTheStatus()
    {
        var failure = await ExpectAsync(StatusCode.Aborted, context => AnswerAsync(context, [], trailers =>
        {
            trailers["grpc-status"] = "10";
            trailers["grpc-status-details-bin"] = "!!";
        }));
        Assert.Null(failure.GetRpcStatus());
    }

    [Theory]
    [InlineData(0x0, StatusCode.Internal)]
    [InlineData(0x1, StatusCode.Internal)]
    [InlineData(0x2, StatusCode.Internal)]
    [InlineData(0x3, StatusCode.Internal)]
    [InlineData(0x5, StatusCode.Unknown)]
    [InlineData(0x8, StatusCode.Cancelled)]
    [InlineData(0xb, StatusCode.ResourceExhausted)]
    [InlineData(0xc, StatusCode.PermissionDenied)]
    public async Task RstStream_AfterAMessage_IsMapped(int code, StatusCode expected)
    {
        await using var app = await RawPeer.ServeAsync(async context =>
        {
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(s_message);
            await context.Response.Body.FlushAsync();
            await context.Request.Body.ReadExactlyAsync(new byte[1]);
            context.Features.Get<IHttpResetFeature>()!.Reset(code);
        });
        using var channel = GrpcChannel.ForAddress(app.Urls.First());
        using var call = new Echo.EchoClient(channel).Both();
        Assert.True(await call.ResponseStream.MoveNext().Soon());
        var read = call.ResponseStream.MoveNext();

        await call.RequestStream.WriteAsync(new EchoRequest { Text = "now" }).Soon();

        await Patience.FailsAsync(expected, () => read);
        Assert.Equal(expected, call.GetStatus().StatusCode);
    }

    [Theory]
    [InlineData(0x2, StatusCode.Internal)]
    [InlineData(0x7, StatusCode.Unavailable)]
    [InlineData(0x8, StatusCode.Cancelled)]
    public Task RstStream_BeforeHeaders_IsMapped(int code, StatusCode expected) =>
        ExpectAsync(expected, context =>
        {
            context.Features.Get<IHttpResetFeature>()!.Reset(code);
            return Task.CompletedTask;
        });

    [Fact]
    public Task Response_NoMessageAndOk_IsUnimplemented() =>
        ExpectAsync(StatusCode.Unimplemented, context => AnswerAsync(context, [], trailers => trailers["grpc-status"] = "0"));

    [Fact]
    public Task Response_TrailersOnlyOk_IsUnimplementedForUnary() =>
        ExpectAsync(StatusCode.Unimplemented, context =>
        {
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = "0";
            return Task.CompletedTask;
        });

    [Fact]
    public Task Response_TwoMessages_IsUnimplemented() =>
        ExpectAsync(StatusCode.Unimplemented, context => AnswerAsync(context, [.. s_message, .. s_message], trailers => trailers["grpc-status"] = "0"));

    [Fact]
    public Task Response_CutMessage_IsInternal() =>
        ExpectAsync(StatusCode.Internal, context => AnswerAsync(context, s_message[..^1], trailers => trailers["grpc-status"] = "0"));

    [Fact]
    public Task Response_NotParsable_IsInternal() =>
        ExpectAsync(StatusCode.Internal, context => AnswerAsync(context, RawPeer.Frame([255, 255]), trailers => trailers["grpc-status"] = "0"));

    [Fact]
    public Task Response_UnknownCompression_IsInternal() =>
        ExpectAsync(StatusCode.Internal, context =>
        {
            context.Response.Headers["grpc-encoding"] = "snappy";
            return AnswerAsync(context, s_message, trailers => trailers["grpc-status"] = "0");
        });

    [Fact]
    public Task Headers_OverTheLimit_IsResourceExhausted() =>
        ExpectAsync(StatusCode.ResourceExhausted, context =>
        {
            for (var i = 0; i < 20; i++)
            {
                context.Response.Headers[$"x-{i}"] = new string('a', 8000);
            }

            return AnswerAsync(context, s_message, trailers => trailers["grpc-status"] = "0");
        });

    [Fact]
    public async Task Connection_CutMidStream_IsUnavailable()
    {
        await using var app = await RawPeer.ServeAsync(async context =>
        {
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(s_message);
            await context.Response.Body.FlushAsync();
            await context.Request.Body.ReadExactlyAsync(new byte[1]);
            context.Features.Get<Microsoft.AspNetCore.Connections.Features.IConnectionLifetimeFeature>()!.Abort();
        });
        using var channel = GrpcChannel.ForAddress(app.Urls.First());
        using var call = new Echo.EchoClient(channel).Both();
        Assert.True(await call.ResponseStream.MoveNext().Soon());
        await call.RequestStream.WriteAsync(new EchoRequest { Text = "now" }).Soon();
        await Patience.FailsAsync(StatusCode.Unavailable, () => call.ResponseStream.MoveNext());
    }

    private static async Task<RpcException> ExpectAsync(StatusCode expected, RequestDelegate answer)
    {
        await using var app = await RawPeer.ServeAsync(answer);
        using var channel = GrpcChannel.ForAddress(app.Urls.First());
        return await Patience.FailsAsync(expected, () => new Echo.EchoClient(channel).UnaryAsync(new EchoRequest { Text = "q" }).ResponseAsync);
    }

    private static async Task AnswerAsync(HttpContext context, byte[] body, Action<IHeaderDictionary> trailers)
    {
        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(body);
        await context.Response.Body.FlushAsync();
        trailers(context.Features.Get<IHttpResponseTrailersFeature>()!.Trailers);
    }
}
