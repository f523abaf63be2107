using Fleet.Hub.Core.Access;
using Grpc.AspNetCore.Around;
using Grpc.Core;

namespace Fleet.Hub.Access;

/// <summary>Asks for an API key before services that know of none, such as reflection: any role will do.</summary>
internal sealed class ApiKeyInterceptor(ApiAccess access) : AroundInterceptor
{
    protected override async Task<T> AroundAsync<T>(ServerCallContext context, Func<Task<T>> call)
    {
        var http = context.GetHttpContext();
        await access.AuthenticateAsync(
            http.Request.Headers.Authorization, http.Connection.RemoteIpAddress?.ToString() ?? "unknown", Role.Viewer, context.CancellationToken).ConfigureAwait(false);
        return await call().ConfigureAwait(false);
    }
}
