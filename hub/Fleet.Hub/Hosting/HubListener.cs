namespace Fleet.Hub.Hosting;

/// <summary>Which of the hub's two listeners a connection came in by.</summary>
public enum HubListener
{
    /// <summary>TLS without client certificates: operators, enrollment.</summary>
    Api,

    /// <summary>Mutual TLS: agents.</summary>
    Agents,
}

/// <summary>Connection feature set by the listener itself: a port number can be forwarded, this cannot.</summary>
internal sealed record ListenerFeature(HubListener Listener);

/// <summary>Endpoint metadata: where it may be reached. An endpoint without it is reached nowhere.</summary>
internal sealed record ServedOn(HubListener Listener);

/// <summary>Says on which listener an endpoint is served.</summary>
public static class ListenerEndpointExtensions
{
    /// <summary>Serves the endpoints on one listener only; on the other they are not found.</summary>
    public static TBuilder ServeOn<TBuilder>(this TBuilder builder, HubListener listener)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint => endpoint.Metadata.Add(new ServedOn(listener)));
        return builder;
    }

    /// <summary>Refuses an endpoint that came in by the wrong listener. Between routing and the endpoints.</summary>
    internal static void UseListenerSeparation(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        var endpoint = context.GetEndpoint();
        var came = context.Features.Get<ListenerFeature>()?.Listener;
        if (endpoint is not null && endpoint.Metadata.GetMetadata<ServedOn>()?.Listener != came)
        {
            context.SetEndpoint(null);
        }

        return next(context);
    });
}
