using Fleet.Hub.Hosting.Metrics;

namespace Fleet.Hub.Hosting;

/// <summary>/healthz, /readyz and /metrics, on the API listener.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        // Alive: this very answer. A hub whose database is away must not be restarted for it.
        app.MapGet("/healthz", context => AnswerAsync(context, null)).ServeOn(HubListener.Api);
        app.MapGet("/readyz", async context => await AnswerAsync(
            context, await context.RequestServices.GetRequiredService<HubReadiness>().ProblemAsync(context.RequestAborted).ConfigureAwait(false)).ConfigureAwait(false)).ServeOn(HubListener.Api);
        app.MapGet("/metrics", context =>
        {
            context.Response.ContentType = PrometheusText.ContentType;
            return context.Response.WriteAsync(context.RequestServices.GetRequiredService<MetricsEndpoint>().Collect(), context.RequestAborted);
        }).ServeOn(HubListener.Api);
    }

    private static Task AnswerAsync(HttpContext context, string? problem)
    {
        context.Response.StatusCode = problem is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync((problem ?? "ok") + "\n", context.RequestAborted);
    }
}
