using Grpc.Core;

namespace Grpc.AspNetCore.Around;

/// <summary>Asks, before a handler sees anything of a call, whether it may be made; throws RpcException where not.</summary>
public sealed class CallAuthorization : AroundInterceptor
{
    private readonly Func<ServerCallContext, Task> _check;

    public CallAuthorization(Func<ServerCallContext, Task> check) => _check = check;

    protected override async Task<T> AroundAsync<T>(ServerCallContext context, Func<Task<T>> call)
    {
        await _check(context).ConfigureAwait(false);
        return await call().ConfigureAwait(false);
    }
}
