using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <summary>How a channel connects, and the limits of its calls.</summary>
public sealed class GrpcChannelOptions
{
    /// <summary>Default: secure for https addresses, insecure for http.</summary>
    public ChannelCredentials? Credentials { get; set; }

    /// <summary>In bytes, before compression; null (the default) sets no limit.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>In bytes, after decompression; 4 MiB by default, null sets no limit.</summary>
    public int? MaxReceiveMessageSize { get; set; } = MessageSize.DefaultMaxReceive;

    /// <summary>Usually a SocketsHttpHandler with TLS options and keep-alive pings; by default one that the channel makes and owns.</summary>
    public HttpMessageHandler? HttpHandler { get; set; }

    /// <summary>Instead of <see cref="HttpHandler"/>; its Timeout must be infinite, as it would end streams.</summary>
    public HttpClient? HttpClient { get; set; }

    /// <summary>Whether disposing the channel disposes the given handler or client.</summary>
    public bool DisposeHttpClient { get; set; }

    /// <summary>Whether a call that the caller cancelled, or whose deadline passed, throws OperationCanceledException instead of RpcException.</summary>
    public bool ThrowOperationCanceledOnCancellation { get; set; }

    /// <summary>Whether call credentials may be sent without TLS.</summary>
    public bool UnsafeUseInsecureChannelCallCredentials { get; set; }

    /// <summary>Asked for a TimeProvider, the clock of deadlines; the system's clock otherwise.</summary>
    public IServiceProvider? ServiceProvider { get; set; }
}
