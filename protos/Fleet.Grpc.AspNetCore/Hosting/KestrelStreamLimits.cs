using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Settings of Kestrel that long-lived gRPC streams need.</summary>
public static class KestrelStreamLimits
{
    /// <summary>
    /// Lets slow links live: by default Kestrel ends an HTTP/2 connection when a response moves slower than 240 bytes/s.
    /// HTTP/2 pings find the dead ones instead. (Limits on requests are lifted for each gRPC call alone, so that other endpoints keep theirs.)
    /// </summary>
    /// <param name="options">Kestrel's options.</param>
    /// <param name="pingDelay">Idle time after which a connection is pinged.</param>
    /// <param name="pingTimeout">How long the answer may take before the connection is closed.</param>
    public static KestrelServerOptions AllowLongLivedStreams(this KestrelServerOptions options, TimeSpan pingDelay, TimeSpan pingTimeout)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Limits.MinResponseDataRate = null;
        options.Limits.Http2.KeepAlivePingDelay = pingDelay;
        options.Limits.Http2.KeepAlivePingTimeout = pingTimeout;
        return options;
    }
}
