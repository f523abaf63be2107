using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Fleet.Agent.Telemetry;

/// <summary>
/// Serves /healthz, /readyz and /metrics over plain HTTP/1.1: one request a connection, a bounded head, a time limit.
/// Kestrel would cost 5 MiB of resident memory for these three pages.
/// </summary>
internal sealed partial class LocalEndpoint : IAsyncDisposable
{
    private const int MaxHead = 8 << 10;
    private const int MaxConnections = 16;
    private static readonly TimeSpan RequestLimit = TimeSpan.FromSeconds(5);
    private readonly TcpListener _listener;
    private readonly AgentStatus _status;
    private readonly MetricsPage _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly SemaphoreSlim _free = new(MaxConnections);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    public LocalEndpoint(IPEndPoint address, AgentStatus status, MetricsPage metrics, TimeProvider time, ILogger log)
    {
        (_status, _metrics, _time, _log) = (status, metrics, time, log);
        _listener = new(address);
        _listener.Start(MaxConnections);
        _loop = AcceptAsync();
    }

    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndpoint;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _listener.Stop();
        await _loop.ConfigureAwait(false);
        for (var i = 0; i < MaxConnections; i++) await _free.WaitAsync().ConfigureAwait(false);
        _listener.Dispose();
        _free.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await _free.WaitAsync(_stop.Token).ConfigureAwait(false);
                try
                {
                    _ = ServeAsync(await _listener.AcceptSocketAsync(_stop.Token).ConfigureAwait(false));
                }
                catch
                {
                    _free.Release();
                    throw;
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException e)
            {
                // A client that went away between SYN and accept; the listener itself stands.
                Log.AcceptFailed(_log, e.Message);
                if (_stop.IsCancellationRequested) return;
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            using var limit = new CancellationTokenSource(RequestLimit, _time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, limit.Token);
            await using var stream = new NetworkStream(socket, ownsSocket: true);
            var line = await ReadRequestLineAsync(stream, both.Token).ConfigureAwait(false);
            var (status, type, body) = Answer(line);
            var head = $"HTTP/1.1 {status}\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n";
            await stream.WriteAsync(Encoding.ASCII.GetBytes(head), both.Token).ConfigureAwait(false);
            if (!line.StartsWith("HEAD ", StringComparison.Ordinal)) await stream.WriteAsync(body, both.Token).ConfigureAwait(false);
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
        {
            // The client was too slow or went away: its loss.
        }
        finally
        {
            _free.Release();
        }
    }

    /// <summary>The first line of a whole head; empty when it is no HTTP, or too long.</summary>
    private static async Task<string> ReadRequestLineAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxHead];
        var length = 0;
        while (length < buffer.Length)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken).ConfigureAwait(false);
            if (read == 0) return "";
            length += read;
            if (buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8) < 0) continue;
            var end = buffer.AsSpan(0, length).IndexOf("\r\n"u8);
            return Encoding.ASCII.GetString(buffer, 0, end);
        }
        return "";
    }

    private (string Status, string Type, byte[] Body) Answer(string line)
    {
        var parts = line.Split(' ');
        if (parts.Length != 3 || !parts[2].StartsWith("HTTP/1.", StringComparison.Ordinal)) return ("400 Bad Request", "text/plain", "bad request\n"u8.ToArray());
        if (parts[0] is not ("GET" or "HEAD")) return ("405 Method Not Allowed", "text/plain", "only GET and HEAD\n"u8.ToArray());
        return parts[1].Split('?')[0] switch
        {
            // Alive: a restart would mend nothing that /healthz names, so it is 200 and says what is wrong.
            "/healthz" => ("200 OK", "application/json", _status.Write()),
            "/readyz" => (_status.IsReady ? "200 OK" : "503 Service Unavailable", "application/json", _status.Write()),
            "/metrics" => ("200 OK", "text/plain; version=0.0.4; charset=utf-8", Encoding.UTF8.GetBytes(_metrics.Write())),
            _ => ("404 Not Found", "text/plain", "there are /healthz, /readyz and /metrics\n"u8.ToArray()),
        };
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 1, EventName = "LocalAcceptFailed", Level = LogLevel.Debug, Message = "A connection to the local endpoint failed: {Error}")]
        public static partial void AcceptFailed(ILogger logger, string error);
    }
}
