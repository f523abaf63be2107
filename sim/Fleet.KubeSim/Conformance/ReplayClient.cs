using System.Net.Http.Headers;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fleet.KubeSim.Hosting;

namespace Fleet.KubeSim.Conformance;

/// <summary>Sends recorded requests to a simulated cluster as its administrator, or as nobody.</summary>
internal sealed class ReplayClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly string _token;

    public ReplayClient(SimulatedCluster cluster)
    {
        var authority = X509Certificate2.CreateFromPem(cluster.AuthorityPem);
        var handler = new SocketsHttpHandler { AutomaticDecompression = System.Net.DecompressionMethods.None };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => Trusts(authority, certificate);
        _http = new HttpClient(handler) { BaseAddress = cluster.Server, Timeout = Timeout.InfiniteTimeSpan };
        _token = cluster.AdminToken;
    }

    /// <summary>Status, content type, warnings and body, in the form of a recorded response.</summary>
    public async Task<JsonObject> SendAsync(JsonObject request, CancellationToken cancellationToken)
    {
        using var response = await OpenAsync(request, cancellationToken);
        return await ReadAsync(response, cancellationToken);
    }

    public Task<HttpResponseMessage> OpenAsync(JsonObject request, CancellationToken cancellationToken) =>
        _http.SendAsync(Build(request), HttpCompletionOption.ResponseHeadersRead, cancellationToken);

    public static async Task<JsonObject> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        return new JsonObject { ["status"] = (int)response.StatusCode, ["headers"] = Headers(response), ["body"] = Parse(text) };
    }

    public static JsonObject Headers(HttpResponseMessage response)
    {
        var headers = new JsonObject { ["content-type"] = response.Content.Headers.TryGetValues("Content-Type", out var type) ? string.Join(", ", type) : "" };
        if (response.Headers.TryGetValues("Warning", out var warnings))
        {
            headers["warning"] = new JsonArray([.. warnings.Select(w => (JsonNode)w)]);
        }

        return headers;
    }

    public void Dispose() => _http.Dispose();

    private HttpRequestMessage Build(JsonObject request)
    {
        var query = (string?)request["query"] is { Length: > 0 } given ? "?" + given : "";
        var message = new HttpRequestMessage(new HttpMethod((string)request["method"]!), (string)request["path"]! + query);
        var headers = request["headers"] as JsonObject ?? [];
        var body = (string?)request["text"] ?? (request.ContainsKey("body") ? request["body"]?.ToJsonString() ?? "null" : Filled(request["fill"] as JsonObject));
        if (body is not null)
        {
            message.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        }

        if ((string?)request["auth"] != "none" && !headers.ContainsKey("Authorization"))
        {
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
        }

        message.Headers.TryAddWithoutValidation("Accept", (string?)headers["Accept"] ?? "application/json");
        foreach (var (name, value) in headers.Where(h => h.Key != "Accept"))
        {
            if (!message.Headers.TryAddWithoutValidation(name, (string?)value))
            {
                message.Content?.Headers.TryAddWithoutValidation(name, (string?)value);
            }
        }

        return message;
    }

    private static string? Filled(JsonObject? fill) => fill is null
        ? null
        : (string?)fill["head"] + new string(((string)fill["char"]!)[0], (int)fill["count"]!) + (string?)fill["tail"];

    private static JsonNode? Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }
    }

    private static bool Trusts(X509Certificate2 authority, X509Certificate? presented)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return presented is X509Certificate2 certificate && chain.Build(certificate);
    }
}
