using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.Extensions.Hosting;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace Grpc.AspNetCore.Health;

/// <summary>grpc.health.v1.Health, off the board.</summary>
internal sealed class HealthGrpcService(HealthBoard board, IHostApplicationLifetime lifetime) : Grpc.Health.V1.Health.HealthBase
{
    private const int MostNameLength = 256;

    // As stock servers have it.
    private const int MostListed = 100;

    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context) =>
        board.Look().Statuses.TryGetValue(request.Service, out var status)
            ? Task.FromResult(new HealthCheckResponse { Status = status })
            : throw new RpcException(new Status(StatusCode.NotFound, $"This server has no service '{Shown(request.Service)}'."));

    public override Task<HealthListResponse> List(HealthListRequest request, ServerCallContext context)
    {
        var statuses = board.Look().Statuses;
        if (statuses.Count > MostListed)
        {
            throw new RpcException(new Status(StatusCode.ResourceExhausted, $"There are more than {MostListed} services: check them by name."));
        }

        var response = new HealthListResponse();
        foreach (var (service, status) in statuses)
        {
            response.Statuses.Add(service, new HealthCheckResponse { Status = status });
        }

        return Task.FromResult(response);
    }

    public override async Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        // A stream that nobody ends would hold up the server's stop.
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        ServingStatus? told = null;
        while (!ended.IsCancellationRequested)
        {
            var (statuses, changed) = board.Look();
            var status = statuses.TryGetValue(request.Service, out var known) ? known : ServingStatus.ServiceUnknown;
            if (status != told)
            {
                await responseStream.WriteAsync(new HealthCheckResponse { Status = status }, context.CancellationToken);
                told = status;
            }

            try
            {
                await changed.WaitAsync(ended.Token);
            }
            catch (OperationCanceledException) when (!context.CancellationToken.IsCancellationRequested)
            {
                break;
            }
        }

        if (!context.CancellationToken.IsCancellationRequested)
        {
            await responseStream.WriteAsync(new HealthCheckResponse { Status = ServingStatus.NotServing }, context.CancellationToken);
            throw new RpcException(new Status(StatusCode.Unavailable, "The server is stopping."));
        }
    }

    private static string Shown(string name) => name.Length <= MostNameLength ? name : name[..MostNameLength];
}
