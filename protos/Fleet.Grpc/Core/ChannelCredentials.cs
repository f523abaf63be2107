namespace Grpc.Core;

/// <summary>Whether a channel uses TLS, and what each of its calls carries.</summary>
public abstract class ChannelCredentials
{
    private protected ChannelCredentials()
    {
    }

    public static ChannelCredentials Insecure { get; } = new Plain(isSecure: false, null);

    /// <summary>TLS; certificates are configured on the channel's HttpHandler.</summary>
    public static ChannelCredentials SecureSsl { get; } = new Plain(isSecure: true, null);

    internal abstract bool IsSecure { get; }

    internal abstract CallCredentials? Call { get; }

    public static ChannelCredentials Create(ChannelCredentials channelCredentials, CallCredentials callCredentials)
    {
        ArgumentNullException.ThrowIfNull(channelCredentials);
        ArgumentNullException.ThrowIfNull(callCredentials);
        return new Plain(channelCredentials.IsSecure, callCredentials);
    }

    private sealed class Plain(bool isSecure, CallCredentials? call) : ChannelCredentials
    {
        internal override bool IsSecure { get; } = isSecure;

        internal override CallCredentials? Call { get; } = call;
    }
}
