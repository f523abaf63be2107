using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Fleet.Agent.Tests.Kube;

/// <summary>One request as it came over the wire.</summary>
internal sealed record StubRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, string Body, X509Certificate? Client)
{
    public string Path => Target.Split('?')[0];

    public string Query => Target.Contains('?') ? Uri.UnescapeDataString(Target[(Target.IndexOf('?') + 1)..]) : "";

    public string Header(string name) => Headers.TryGetValue(name, out var value) ? value : "";
}

/// <summary>A bare HTTP/1.1 server on a free port, so that tests decide each byte: errors, halves of answers, silence.</summary>
internal sealed class StubServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<StubRequest, Stream, CancellationToken, Task> _handler;
    private readonly SslServerAuthenticationOptions? _tls;
    private readonly Task _accepting;
    private readonly List<StubRequest> _requests = [];

    public StubServer(Func<StubRequest, Stream, CancellationToken, Task> handler, SslServerAuthenticationOptions? tls = null)
    {
        (_handler, _tls) = (handler, tls);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public Uri Url => new($"{(_tls is null ? "http" : "https")}://127.0.0.1:{Port}");

    public IReadOnlyList<StubRequest> Requests
    {
        get
        {
            lock (_requests) return [.. _requests];
        }
    }

    public static StubServer Answering(Func<StubRequest, (int Status, string Body)> answer, SslServerAuthenticationOptions? tls = null) =>
        new((request, stream, ct) =>
        {
            var (status, body) = answer(request);
            return ReplyAsync(stream, status, body, ct);
        }, tls);

    public static async Task ReplyAsync(Stream stream, int status, string body, CancellationToken cancellationToken, params string[] headers)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var head = $"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {bytes.Length}\r\n{string.Concat(headers.Select(h => h + "\r\n"))}\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head), cancellationToken);
        await stream.WriteAsync(bytes, cancellationToken);
        await stream.FlushAsync(cancellationToken);
    }

    /// <summary>An answer without a length: it lasts until the connection ends.</summary>
    public static async Task StartStreamAsync(Stream stream, CancellationToken cancellationToken)
    {
        await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"u8.ToArray(), cancellationToken);
        await stream.FlushAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var open = new List<Task>();
        try
        {
            while (true) open.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            await Task.WhenAll(open);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                Stream stream = client.GetStream();
                X509Certificate? peer = null;
                if (_tls is not null)
                {
                    var ssl = new SslStream(stream);
                    await ssl.AuthenticateAsServerAsync(_tls, _stop.Token);
                    peer = ssl.RemoteCertificate;
                    stream = ssl;
                }
                await using (stream)
                {
                    while (await ReadAsync(stream, peer) is { } request)
                    {
                        lock (_requests) _requests.Add(request);
                        await _handler(request, stream, _stop.Token);
                        if (request.Target.Contains("watch=true")) return;
                    }
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or AuthenticationException)
            {
                // The client went away, or the test is over.
            }
        }
    }

    private async Task<StubRequest?> ReadAsync(Stream stream, X509Certificate? peer)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, _stop.Token) == 0) return null;
            head.Append((char)one[0]);
        }
        var lines = head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        var first = lines[0].Split(' ');
        var headers = lines.Skip(1).Select(l => l.Split(": ", 2)).ToDictionary(p => p[0], p => p[1], StringComparer.OrdinalIgnoreCase);
        var body = new byte[headers.TryGetValue("Content-Length", out var length) ? int.Parse(length, System.Globalization.CultureInfo.InvariantCulture) : 0];
        await stream.ReadExactlyAsync(body, _stop.Token);
        return new(first[0], first[1], headers, Encoding.UTF8.GetString(body), peer);
    }
}
