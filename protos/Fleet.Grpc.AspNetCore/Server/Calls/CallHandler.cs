using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>Takes an HTTP request through a method of a service to its one final status.</summary>
internal abstract class CallHandler<TRequest, TResponse>(Method<TRequest, TResponse> method, CallSettings settings)
    where TRequest : class
    where TResponse : class
{
    protected CallSettings Settings { get; } = settings;

    protected Method<TRequest, TResponse> Method { get; } = method;

    internal async Task HandleAsync(HttpContext http)
    {
        if (!RequestGate.TryEnter(http))
        {
            return;
        }

        var call = new ServerCall(http, Settings);
        try
        {
            call.Begin();
            await RunAsync(call);
            await call.EndAsync();
        }
        catch (Exception exception)
        {
            await call.EndAsync(exception);
        }
        finally
        {
            call.Release();
        }
    }

    protected abstract Task RunAsync(ServerCall call);

    protected RequestStream<TRequest> RequestsOf(ServerCall call) => new(call, Method.RequestMarshaller.ContextualDeserializer);

    protected ResponseStream<TResponse> ResponsesOf(ServerCall call) => new(call, Method.ResponseMarshaller.ContextualSerializer);

    protected async Task<TRequest> ReadSingleAsync(ServerCall call)
    {
        var requests = RequestsOf(call);
        // Violations of cardinality are UNIMPLEMENTED by the specification's table of status codes.
        var request = await requests.ReadAsync(call.CancellationToken)
            ?? throw new RpcException(new Status(StatusCode.Unimplemented, "The client sent no request message where one was due."));
        return await requests.ReadAsync(call.CancellationToken) is null
            ? request
            : throw new RpcException(new Status(StatusCode.Unimplemented, "The client sent several request messages where one was due."));
    }

    protected void WriteSingle(ServerCall call, TResponse? response)
    {
        if (response is null)
        {
            throw new RpcException(new Status(StatusCode.Internal, $"The service returned no message for {Method.FullName}."));
        }

        if (call.Status.StatusCode == StatusCode.OK)
        {
            ResponsesOf(call).WriteLast(response);
        }
    }
}
