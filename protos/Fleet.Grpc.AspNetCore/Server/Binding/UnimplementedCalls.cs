using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Grpc.AspNetCore.Server.Binding;

/// <summary>Answers gRPC calls of services and methods that are not mapped, without taking other requests from the application.</summary>
internal sealed class UnimplementedCalls
{
    private int _mapped;

    internal void MapOnce(IEndpointRouteBuilder endpoints)
    {
        if (Interlocked.Exchange(ref _mapped, 1) == 0)
        {
            endpoints.MapPost("{service}/{method:" + GrpcCallConstraint.Name + "}", AnswerAsync)
                .WithDisplayName("gRPC - unimplemented")
                .Add(builder => ((RouteEndpointBuilder)builder).Order = int.MaxValue);
        }
    }

    private static Task AnswerAsync(HttpContext http)
    {
        http.Response.ContentType = ProtocolNames.ContentType;
        http.Response.Headers[ProtocolNames.StatusTrailer] = StatusTrailers.Format(StatusCode.Unimplemented);
        http.Response.Headers[ProtocolNames.MessageTrailer] = PercentEncoding.Encode($"This server has no method {http.Request.Path}.");
        return Task.CompletedTask;
    }
}
