using Fleet.V1;
using Google.Protobuf.WellKnownTypes;

namespace Fleet.Hub.Sessions;

/// <summary>Before a planned stop: lets nobody in, and asks each agent to come back at a time of its own.</summary>
internal sealed class SessionDrain(
    SessionAdmission admission, SessionDirectory directory, SessionOptions options, TimeProvider time, IHostApplicationLifetime lifetime) : IHostedService
{
    private static readonly TimeSpan LeaveAtMost = TimeSpan.FromSeconds(2);
    private CancellationTokenRegistration _stopping;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // At ApplicationStopping the server still serves; when hosted services are stopped it may not.
        _stopping = lifetime.ApplicationStopping.Register(Drain);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.DisposeAsync().ConfigureAwait(false);
        using var limit = new CancellationTokenSource(LeaveAtMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        while (directory.Count > 0 && !either.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), time, CancellationToken.None).ConfigureAwait(false);
        }

        foreach (var session in directory.All)
        {
            session.Cut();
        }
    }

    private void Drain()
    {
        admission.Close();
        foreach (var session in directory.All)
        {
            session.Outbox.Finish(new HubMessage
            {
                Drain = new Drain
                {
                    MinDelay = Duration.FromTimeSpan(TimeSpan.Zero),
                    MaxDelay = Duration.FromTimeSpan(options.DrainWithin),
                },
            });
        }
    }
}
