using Fleet.Hub.Access;
using Fleet.Hub.Core.Access;
using Google.Protobuf;

namespace Fleet.Hub.Api;

/// <summary>One unary call of the operator API: who may make it, and what carries it out. gRPC and REST both go by this.</summary>
/// <param name="Name">As in api.proto.</param>
/// <param name="Role">The least role that may call it.</param>
/// <param name="Request">Reads its request.</param>
/// <param name="Invoke">Carries it out.</param>
internal sealed record ApiMethod(string Name, Role Role, MessageParser Request, Func<IMessage, Caller, CancellationToken, Task<IMessage>> Invoke)
{
    /// <summary>A method out of a typed handler.</summary>
    public static ApiMethod Of<TRequest, TResponse>(string name, Role role, Func<TRequest, Caller, CancellationToken, Task<TResponse>> handler)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse> =>
        new(name, role, new MessageParser<TRequest>(() => new TRequest()), async (request, caller, cancellationToken) =>
            await handler((TRequest)request, caller, cancellationToken).ConfigureAwait(false));
}
