namespace Fleet.Hub.Access;

/// <summary>The room's services.</summary>
public static class AccessRoom
{
    /// <summary>API keys and credentials.</summary>
    public static IServiceCollection AddAccess(this IServiceCollection services) => services
        .AddSingleton<ApiAccess>()
        .AddSingleton<Credentials>();
}
