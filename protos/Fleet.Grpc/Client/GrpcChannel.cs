using System.Collections.Concurrent;
using Grpc.Core;

namespace Grpc.Net.Client;

/// <summary>A way to one server over HTTP/2, shared by any number of clients and calls.</summary>
public sealed class GrpcChannel : ChannelBase, IDisposable
{
    private readonly HttpMessageInvoker _http;
    private readonly bool _ownsHttp;
    private readonly ConcurrentDictionary<string, Uri> _uris = new(StringComparer.Ordinal);
    private readonly HashSet<IActiveCall> _active = [];
    private bool _disposed;

    private GrpcChannel(Uri address, GrpcChannelOptions options) : base(address.Authority)
    {
        Address = address;
        IsSecure = address.Scheme == Uri.UriSchemeHttps;
        MaxSendMessageSize = options.MaxSendMessageSize;
        MaxReceiveMessageSize = options.MaxReceiveMessageSize;
        ThrowOperationCanceled = options.ThrowOperationCanceledOnCancellation;
        Time = options.ServiceProvider?.GetService(typeof(TimeProvider)) as TimeProvider ?? TimeProvider.System;
        ChannelCallCredentials = options.Credentials?.Call;
        MaySendCallCredentials = IsSecure || options.UnsafeUseInsecureChannelCallCredentials;
        (_http, _ownsHttp) = ChannelTransport.Create(options);
    }

    internal Uri Address { get; }

    internal bool IsSecure { get; }

    internal int? MaxSendMessageSize { get; }

    internal int? MaxReceiveMessageSize { get; }

    internal bool ThrowOperationCanceled { get; }

    internal TimeProvider Time { get; }

    internal CallCredentials? ChannelCallCredentials { get; }

    internal bool MaySendCallCredentials { get; }

    public static GrpcChannel ForAddress(string address) => ForAddress(address, new GrpcChannelOptions());

    public static GrpcChannel ForAddress(string address, GrpcChannelOptions channelOptions) => ForAddress(new Uri(address), channelOptions);

    public static GrpcChannel ForAddress(Uri address) => ForAddress(address, new GrpcChannelOptions());

    /// <param name="address">http://host:port (HTTP/2 without TLS) or https://host:port; a path is ignored, as gRPC has none.</param>
    /// <param name="channelOptions">How to connect.</param>
    public static GrpcChannel ForAddress(Uri address, GrpcChannelOptions channelOptions)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(channelOptions);
        if (!address.IsAbsoluteUri || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps))
        {
            throw new ArgumentException($"'{address}' is no address of a gRPC server: write http://host:port or https://host:port.", nameof(address));
        }

        if (channelOptions.Credentials is { } credentials && credentials.IsSecure != (address.Scheme == Uri.UriSchemeHttps))
        {
            throw new InvalidOperationException($"The channel's credentials and its address '{address}' disagree about TLS.");
        }

        return new GrpcChannel(address, channelOptions);
    }

    public override CallInvoker CreateCallInvoker() => new HttpCallInvoker(this);

    /// <summary>Cancels the calls that are under way, and closes the connections that the channel owns.</summary>
    public void Dispose()
    {
        IActiveCall[] active;
        lock (_active)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            active = [.. _active];
            _active.Clear();
        }

        foreach (var call in active)
        {
            call.Dispose();
        }

        if (_ownsHttp)
        {
            _http.Dispose();
        }
    }

    internal void Enter(IActiveCall call)
    {
        lock (_active)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _active.Add(call);
        }
    }

    internal void Leave(IActiveCall call)
    {
        lock (_active)
        {
            _active.Remove(call);
        }
    }

    internal Uri UriOf(IMethod method) => _uris.GetOrAdd(method.FullName, static (path, address) => new Uri(address, path), Address);

    internal Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        _http is HttpClient client
            ? client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
            : _http.SendAsync(request, cancellationToken);

    protected override Task ShutdownAsyncCore()
    {
        Dispose();
        return Task.CompletedTask;
    }
}
