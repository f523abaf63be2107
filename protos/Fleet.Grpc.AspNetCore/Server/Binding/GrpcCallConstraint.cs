using Grpc.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Grpc.AspNetCore.Server.Binding;

/// <summary>Lets a route match gRPC calls only.</summary>
internal sealed class GrpcCallConstraint : IRouteConstraint
{
    internal const string Name = "grpcCall";

    public bool Match(HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection) =>
        httpContext is not null && HttpMethods.IsPost(httpContext.Request.Method) && ProtocolNames.IsGrpcContentType(httpContext.Request.ContentType);
}
