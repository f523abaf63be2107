namespace Fleet.Hub.Audit;

/// <summary>The room's services.</summary>
public static class AuditRoom
{
    /// <summary>Writing and sealing of audit rows.</summary>
    public static IServiceCollection AddAudit(this IServiceCollection services) => services
        .AddSingleton<AuditWrites>()
        .AddHostedService<AuditSealer>();
}
