using Fleet.Hub.Hosting;
using Fleet.Hub.Storage;
using Fleet.Hub.Storage.Clusters;

namespace Fleet.Hub.Enrollment;

/// <summary>The room's services and endpoints.</summary>
public static class EnrollmentRoom
{
    // Strangers may call: what they send is small, or not looked at.
    private const int MaxMessage = 64 * 1024;

    /// <summary>Enrollment, identities and the gate of the agents' listener.</summary>
    public static IServiceCollection AddEnrollment(this IServiceCollection services)
    {
        services.AddGrpc().AddServiceOptions<EnrollmentGrpcService>(options => options.MaxReceiveMessageSize = MaxMessage);
        return services
            .AddSingleton<ClientCertificates>().AddSingleton<AgentGate>().AddSingleton<EnrollmentLimits>().AddSingleton<EnrollmentReader>()
            .AddSingleton(s => new IdentityIssuer(
            s.GetRequiredService<HubIdentity>(), s.GetRequiredService<HubAddresses>(), s.GetRequiredService<FleetDatabase>(), s.GetRequiredService<ClusterStore>(), s.GetRequiredService<TimeProvider>()))
            .AddSingleton<Enroller>().AddSingleton<Recoverer>().AddSingleton<EnrollmentGrpcService>().AddSingleton<RevocationReplay>()
            .AddSingleton<IdentityEnds>().AddHostedService<RevocationFeed>()
            .AddSingleton<AuthorityKeys>().AddSingleton<AuthorityRolls>().AddHostedService<AuthorityFeed>()
            .AddSingleton<HubMarks>().AddHostedService(s => s.GetRequiredService<HubMarks>());
    }

    /// <summary>EnrollmentService and the CA's certificates, on the API listener.</summary>
    public static void MapEnrollment(this IEndpointRouteBuilder app)
    {
        app.MapGrpcService<EnrollmentGrpcService>().ServeOn(HubListener.Api);

        // Not secret: a new agent takes it without trust and compares it with its pin, since servers leave the root out of handshakes.
        app.MapGet("/ca.pem", (HttpContext context, HubIdentity hub) =>
        {
            context.Response.ContentType = "application/x-pem-file";
            return context.Response.WriteAsync(hub.BundlePem(), context.RequestAborted);
        }).ServeOn(HubListener.Api);
    }
}
