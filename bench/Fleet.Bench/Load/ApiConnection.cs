using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Fleet.Bench.Load;

/// <summary>One TLS connection to an API server, over HTTP/2 as client-go and the agent use it, or HTTP/1.1.</summary>
internal sealed class ApiConnection : IDisposable
{
    private readonly HttpClient _client;
    private readonly X509Certificate2 _root;
    private readonly Uri _server;
    private readonly Version _version;

    public ApiConnection(ApiEndpoint endpoint, Version version)
    {
        _root = X509Certificate2.CreateFromPem(endpoint.CaPem);
        _server = endpoint.Server;
        _version = version;
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.Add(_root);
        var handler = new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = trust },
            UseCookies = false,
            AllowAutoRedirect = false,
            UseProxy = false,
            ActivityHeadersPropagator = null,
            AutomaticDecompression = DecompressionMethods.None,
        };
        _client = new HttpClient(handler) { Timeout = TimeSpan.FromMinutes(2) };
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", endpoint.Token);
        _client.DefaultRequestHeaders.UserAgent.ParseAdd("fleet-bench/1");
    }

    /// <summary>Sends a request and reads the whole answer; returns its length. Any status but success ends the bench.</summary>
    public async Task<int> SendAsync(ApiCall call, byte[] buffer, CancellationToken cancellationToken)
    {
        using var request = Request(call);
        using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        if (!response.IsSuccessStatusCode)
        {
            using var reader = new StreamReader(body);
            throw new IOException($"{call.Method} {call.Path} was answered {(int)response.StatusCode}: {await reader.ReadToEndAsync(cancellationToken)}");
        }

        var (length, read) = (0, 0);
        while ((read = await body.ReadAsync(buffer, cancellationToken)) > 0)
        {
            length += read;
        }

        return length;
    }

    /// <summary>Opens a stream that does not end, such as a watch.</summary>
    public async Task<Stream> OpenAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var request = Request(call);
        var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsStreamAsync(cancellationToken);
    }

    public void Dispose()
    {
        _client.Dispose();
        _root.Dispose();
    }

    private HttpRequestMessage Request(ApiCall call)
    {
        var request = new HttpRequestMessage(call.Method, new Uri(_server, call.Path)) { Version = _version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        if (call.Body is { } body)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", call.ContentType);
        }

        return request;
    }
}
