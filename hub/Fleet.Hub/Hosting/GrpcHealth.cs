using System.Threading.Channels;
using Fleet.V1;
using Grpc.AspNetCore.Health;

namespace Fleet.Hub.Hosting;

/// <summary>
/// Keeps grpc.health.v1 true to /readyz: all services of a node serve, or none does, since they stand on one database. The agents'
/// services are told of on the API listener too: who asks is a load balancer, and has no client certificate.
/// </summary>
internal sealed class GrpcHealth(HealthBoard board, HubReadiness readiness, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    private static readonly string[] Services =
    [
        HealthBoard.Whole, FleetApi.Descriptor.FullName, EnrollmentService.Descriptor.FullName, AgentService.Descriptor.FullName, ContentService.Descriptor.FullName,
    ];

    private readonly Channel<bool> _looks = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public override void Dispose()
    {
        readiness.Changed -= Look;
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        readiness.Changed += Look;
        await using var timer = clock.CreateTimer(_ => Look(), null, TimeSpan.Zero, Every);
        try
        {
            while (await _looks.Reader.ReadAsync(stoppingToken).ConfigureAwait(false))
            {
                Tell(await readiness.ProblemAsync(stoppingToken).ConfigureAwait(false) is null);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            Tell(serving: false);
        }
    }

    private void Look() => _looks.Writer.TryWrite(true);

    private void Tell(bool serving)
    {
        foreach (var service in Services)
        {
            board.Set(service, serving);
        }
    }
}
