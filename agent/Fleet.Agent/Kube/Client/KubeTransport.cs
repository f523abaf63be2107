using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Text.Json.Nodes;
using Fleet.Agent.Core.Errors;
using Fleet.Agent.Kube.Config;

namespace Fleet.Agent.Kube.Client;

/// <summary>Sends one request with credentials, a time limit and a bounded answer, and turns every failure into a <see cref="KubeApiError"/>.</summary>
internal sealed class KubeTransport : IDisposable
{
    private readonly HttpClient _calls;
    private readonly HttpClient _watches;
    private readonly ClusterAccess _access;
    private readonly TimeProvider _time;
    private readonly string _base;

    public KubeTransport(ClusterAccess access, KubeClientOptions options, TimeProvider time)
    {
        _access = access;
        _time = time;
        Options = options;
        // Put together as text: resolved as a reference, a path that begins with two slashes would name another host.
        _base = access.Server.GetLeftPart(UriPartial.Authority) + access.PathPrefix;
        // Watches have connections of their own: over HTTP/1.1 each holds one for minutes, and calls must not wait behind them.
        _calls = new(KubeHandler.Create(access, options, options.MaxConnections), disposeHandler: true) { Timeout = Timeout.InfiniteTimeSpan };
        _watches = new(KubeHandler.Create(access, options, int.MaxValue), disposeHandler: true) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public KubeClientOptions Options { get; }

    public TimeProvider Time => _time;

    public async Task<KubeResult<JsonObject>> SendAsync(KubeCall call, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Options.CallTimeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            var opened = await OpenAsync(_calls, call, both.Token).ConfigureAwait(false);
            if (!opened.IsOk) return opened.Error;
            using var response = opened.Value;
            return await AnswerReader.ReadObjectAsync(response, call.MaxBytes ?? Options.MaxObjectBytes, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new KubeApiError { Failure = KubeFailure.TimedOut, Message = $"{call.Method} {call.Path} had no answer within {Options.CallTimeout.TotalSeconds:0.#} s" };
        }
        catch (Exception e) when (AsError(e, call) is { } error)
        {
            return error;
        }
    }

    /// <summary>Opens a stream whose answer is read later by the caller; only the headers have the call's time limit.</summary>
    public async Task<KubeResult<HttpResponseMessage>> OpenWatchAsync(KubeCall call, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Options.CallTimeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            return await OpenAsync(_watches, call, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new KubeApiError { Failure = KubeFailure.TimedOut, Message = $"the watch of {call.Path} did not open within {Options.CallTimeout.TotalSeconds:0.#} s" };
        }
        catch (Exception e) when (AsError(e, call) is { } error)
        {
            return error;
        }
    }

    /// <summary>The expected failures of a connection as values; null for a bug, which stays an exception.</summary>
    public static KubeApiError? AsError(Exception e, KubeCall call) => e switch
    {
        HttpRequestException { InnerException: AuthenticationException inner } => new() { Failure = KubeFailure.Untrusted, Message = inner.Message },
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => new() { Failure = KubeFailure.Untrusted, Message = e.Message },
        HttpRequestException => new() { Failure = KubeFailure.Unreachable, Message = $"{e.Message} ({call.Method} {call.Path})" },
        IOException => new() { Failure = KubeFailure.Unreachable, Message = $"the connection broke: {e.Message}" },
        _ => null,
    };

    public void Dispose()
    {
        _calls.Dispose();
        _watches.Dispose();
    }

    private async Task<KubeResult<HttpResponseMessage>> OpenAsync(HttpClient client, KubeCall call, CancellationToken cancellationToken)
    {
        for (var again = false; ; again = true)
        {
            var credential = await _access.Credentials.GetAsync(refresh: again, cancellationToken).ConfigureAwait(false);
            if (!credential.IsOk) return credential.Error;
            using var request = Request(call, credential.Value);
            var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            if (response.IsSuccessStatusCode) return response;
            using (response)
            {
                // Tokens are rotated under us: one fresh look, then the 401 is the answer.
                if (response.StatusCode == HttpStatusCode.Unauthorized && !again && _access.Credentials.CanRefresh) continue;
                return await AnswerReader.ReadErrorAsync(response, _time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private HttpRequestMessage Request(KubeCall call, KubeCredential credential)
    {
        var request = new HttpRequestMessage(call.Method, new Uri(_base + call.Path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        request.Headers.Accept.Add(new("application/json"));
        request.Headers.TryAddWithoutValidation("User-Agent", Options.UserAgent);
        // The Host header is what SocketsHttpHandler sends as SNI and checks the certificate against.
        if (_access.TlsServerName.Length > 0) request.Headers.Host = _access.TlsServerName;
        if (credential.Token.Length > 0) request.Headers.Authorization = new("Bearer", credential.Token);
        else if (credential.Basic.Length > 0) request.Headers.Authorization = new("Basic", credential.Basic);
        if (call.ImpersonateUser.Length > 0) request.Headers.TryAddWithoutValidation("Impersonate-User", call.ImpersonateUser);
        if (call.Body is { } body)
        {
            request.Content = new ByteArrayContent(body);
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(call.ContentType);
        }
        return request;
    }
}
