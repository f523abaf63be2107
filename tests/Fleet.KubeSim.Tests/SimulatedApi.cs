using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Hosting;

namespace Fleet.KubeSim.Tests;

/// <summary>One simulated cluster and a client that talks to it over TLS.</summary>
internal sealed class SimulatedApi : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly KubeSimHost _host;

    private SimulatedApi(KubeSimHost host)
    {
        _host = host;
        Cluster = host.Clusters[0];
        Http = Client(Cluster, Cluster.AdminToken);
    }

    public SimulatedCluster Cluster { get; }

    public HttpClient Http { get; }

    public static async Task<SimulatedApi> StartAsync(Func<SimulatedClusterOptions>? options = null, TimeProvider? time = null) =>
        new(await KubeSimHost.StartAsync(new KubeSimOptions
        {
            Clusters = [options?.Invoke() ?? new SimulatedClusterOptions { Name = "sim", Controllers = false }],
            TimeProvider = time ?? TimeProvider.System,
        }));

    public static HttpClient Client(SimulatedCluster cluster, string? token, X509Certificate2? certificate = null)
    {
        var authority = X509Certificate2.CreateFromPem(cluster.AuthorityPem);
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, presented, _, _) =>
        {
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.Add(authority);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            return chain.Build((X509Certificate2)presented!);
        };
        if (certificate is not null)
        {
            handler.SslOptions.ClientCertificates = [certificate];
        }

        var client = new HttpClient(handler) { BaseAddress = cluster.Server };
        if (token is not null)
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        return client;
    }

    public async Task<(int Status, JsonObject Body)> SendAsync(HttpMethod method, string path, string? body = null, string contentType = "application/json", HttpClient? client = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        }

        using var limit = new CancellationTokenSource(Patience);
        using var response = await (client ?? Http).SendAsync(request, limit.Token);
        var text = await response.Content.ReadAsStringAsync(limit.Token);
        return ((int)response.StatusCode, text.StartsWith('{') ? JsonNode.Parse(text)!.AsObject() : new JsonObject { ["text"] = text });
    }

    public Task<(int Status, JsonObject Body)> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    public Task<(int Status, JsonObject Body)> ApplyAsync(string path, string yaml, string query = "fieldManager=test&force=true") =>
        SendAsync(HttpMethod.Patch, $"{path}?{query}", yaml, "application/apply-patch+yaml");

    /// <summary>Opens a watch and reads its events one by one.</summary>
    public async Task<WatchReader> WatchAsync(string pathAndQuery)
    {
        using var limit = new CancellationTokenSource(Patience);
        var response = await Http.GetAsync(pathAndQuery, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        return new WatchReader(response, new StreamReader(await response.Content.ReadAsStreamAsync(limit.Token)));
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _host.DisposeAsync();
    }
}

/// <summary>The events of one open watch.</summary>
internal sealed class WatchReader(HttpResponseMessage response, StreamReader reader) : IDisposable
{
    /// <summary>The next event, or null when the stream has ended.</summary>
    public async Task<JsonObject?> NextAsync()
    {
        using var limit = new CancellationTokenSource(SimulatedApi.Patience);
        return await reader.ReadLineAsync(limit.Token) is { Length: > 0 } line ? JsonNode.Parse(line)!.AsObject() : null;
    }

    public async Task<string> NextTypeAsync() => await NextAsync() is { } next ? $"{next["type"]} {next["object"]!["metadata"]?["name"]}" : "end";

    public void Dispose()
    {
        reader.Dispose();
        response.Dispose();
    }
}
