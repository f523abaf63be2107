using System.Buffers;
using System.Net;

namespace Fleet.Bench.Wire;

/// <summary>The same bytes by HttpClient and a plain endpoint, without a gRPC layer at either end.</summary>
internal sealed class PlainWire(Uri server, byte[] frame) : IWire
{
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { EnableMultipleHttp2Connections = true, AllowAutoRedirect = false, UseCookies = false });

    public string Name => "plain HTTP/2";

    public async Task CallAsync(CancellationToken cancellationToken)
    {
        using var request = Request(WireServer.PlainUnary, new ByteArrayContent(frame));
        using var response = await _http.SendAsync(request, cancellationToken);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        if (await ReadAsync(body, cancellationToken) != frame.Length)
        {
            throw new IOException("The bytes that came back are not those that were sent.");
        }
    }

    public async Task StreamAsync(int messages, CancellationToken cancellationToken)
    {
        using var content = new StreamedContent();
        using var request = Request(WireServer.PlainBoth, content);
        using var response = await _http.SendAsync(request, cancellationToken);
        var writing = WriteAsync(content, messages, cancellationToken);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        if (await ReadAsync(body, cancellationToken) != (long)messages * frame.Length)
        {
            throw new IOException("The bytes that came back are not those that were sent.");
        }

        await writing;
    }

    public async Task<IDisposable> OpenAsync(CancellationToken cancellationToken)
    {
        var content = new StreamedContent();
        var response = await _http.SendAsync(Request(WireServer.PlainBoth, content), cancellationToken);
        var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        return new Open(content, response, body.ReadAsync(Memory<byte>.Empty, cancellationToken).AsTask());
    }

    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    private static async Task<long> ReadAsync(Stream body, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            long all = 0;
            while (await body.ReadAsync(buffer, cancellationToken) is var count and > 0)
            {
                all += count;
            }

            return all;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task WriteAsync(StreamedContent content, int messages, CancellationToken cancellationToken)
    {
        var stream = await content.Stream;
        for (var i = 0; i < messages; i++)
        {
            await stream.WriteAsync(frame, cancellationToken);
            await stream.FlushAsync(cancellationToken);
        }

        content.End();
    }

    private HttpRequestMessage Request(string path, HttpContent content) => new(HttpMethod.Post, new Uri(server, path))
    {
        Version = HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        Content = content,
    };

    private sealed class Open(StreamedContent content, HttpResponseMessage response, Task reading) : IDisposable
    {
        public void Dispose()
        {
            response.Dispose();
            content.End();
            _ = reading.Exception;
        }
    }

    private sealed class StreamedContent : HttpContent
    {
        private readonly TaskCompletionSource<Stream> _stream = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<Stream> Stream => _stream.Task;

        public void End() => _end.TrySetResult();

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.FlushAsync(cancellationToken);
            _stream.SetResult(stream);
            await _end.Task.WaitAsync(cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
