using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace Grpc.Tests.Support.Http2;

/// <summary>
/// One end of an HTTP/2 connection, frame by frame: what neither Kestrel nor HttpClient would ever do can be done here. It keeps
/// the other side's connection alive (acknowledges settings and pings) unless told otherwise, and never gives window by itself.
/// </summary>
internal sealed class Http2Peer : IAsyncDisposable
{
    internal const string Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    private readonly TcpClient _tcp;
    private readonly NetworkStream _stream;
    private readonly Channel<Http2Frame> _frames = Channel.CreateUnbounded<Http2Frame>();
    private readonly SemaphoreSlim _writing = new(1);
    private Task _reading = Task.CompletedTask;
    private int _pings;

    private Http2Peer(TcpClient tcp)
    {
        _tcp = tcp;
        tcp.NoDelay = true;
        _stream = tcp.GetStream();
    }

    /// <summary>False: a peer that is dead as far as pings can tell.</summary>
    internal bool AnswersPings { get; set; } = true;

    internal int PingsSeen => Volatile.Read(ref _pings);

    /// <summary>Completes when the other side closed the connection.</summary>
    internal Task Closed => _reading;

    internal static async Task<Http2Peer> AcceptAsync(TcpListener listener, params (short Id, int Value)[] settings)
    {
        var peer = new Http2Peer(await listener.AcceptTcpClientAsync().WaitAsync(Patience.Limit));
        await peer._stream.ReadExactlyAsync(new byte[Preface.Length]).AsTask().Soon();
        await peer.BeginAsync(settings);
        return peer;
    }

    internal static async Task<Http2Peer> ConnectAsync(Uri server, params (short Id, int Value)[] settings)
    {
        var tcp = new TcpClient();
        await tcp.ConnectAsync(server.Host, server.Port).Soon();
        var peer = new Http2Peer(tcp);
        await peer._stream.WriteAsync(Encoding.ASCII.GetBytes(Preface));
        await peer.BeginAsync(settings);
        return peer;
    }

    public async ValueTask DisposeAsync()
    {
        _tcp.Dispose();
        await _reading;
    }

    /// <summary>Ends the TCP connection with no word of HTTP/2.</summary>
    internal void Cut()
    {
        _tcp.Client.LingerState = new LingerOption(true, 0);
        _tcp.Close();
    }

    internal async Task SendAsync(FrameType type, byte flags, int stream, ReadOnlyMemory<byte> payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        frame[3] = (byte)type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame.AsMemory(9));
        await _writing.WaitAsync();
        try
        {
            await _stream.WriteAsync(frame);
        }
        finally
        {
            _writing.Release();
        }
    }

    internal Task HeadersAsync(int stream, bool end, params (string Name, string Value)[] headers) =>
        SendAsync(FrameType.Headers, (byte)(Http2Frame.EndHeaders | (end ? Http2Frame.EndStream : 0)), stream, Literals(headers));

    internal Task DataAsync(int stream, ReadOnlyMemory<byte> bytes, bool end = false) => SendAsync(FrameType.Data, end ? Http2Frame.EndStream : (byte)0, stream, bytes);

    internal Task ResetAsync(int stream, int code) => SendAsync(FrameType.RstStream, 0, stream, Number(code));

    internal Task WindowAsync(int stream, int more) => SendAsync(FrameType.WindowUpdate, 0, stream, Number(more));

    /// <summary>Returns when the other side has seen all that was sent before.</summary>
    internal async Task RoundTripAsync()
    {
        await SendAsync(FrameType.Ping, 0, 0, new byte[8]);
        await NextAsync(frame => frame.Type is FrameType.Ping && frame.IsAck);
    }

    internal Task GoAwayAsync(int lastStream, int code = 0) => SendAsync(FrameType.GoAway, 0, 0, new byte[][] { Number(lastStream), Number(code) }.SelectMany(b => b).ToArray());

    /// <summary>The begin of a good response.</summary>
    internal Task AnswerAsync(int stream) => HeadersAsync(stream, end: false, (":status", "200"), ("content-type", "application/grpc"));

    internal Task StatusAsync(int stream, string status = "0") => HeadersAsync(stream, end: true, ("grpc-status", status));

    /// <summary>A whole good response.</summary>
    internal async Task RespondAsync(int stream, params byte[][] messages)
    {
        await AnswerAsync(stream);
        foreach (var message in messages)
        {
            await DataAsync(stream, message);
        }

        await StatusAsync(stream);
    }

    /// <summary>The request of a call.</summary>
    internal Task CallAsync(int stream, string method, params (string Name, string Value)[] more) => HeadersAsync(
        stream, end: false, [(":method", "POST"), (":scheme", "http"), (":path", "/fleet.grpc.tests.Echo/" + method), (":authority", "test"), ("content-type", "application/grpc"), ("te", "trailers"), .. more]);

    /// <summary>The next frame of these that is wanted; others are passed over.</summary>
    internal async Task<Http2Frame> NextAsync(Func<Http2Frame, bool> wanted)
    {
        using var limit = new CancellationTokenSource(Patience.Limit);
        while (true)
        {
            var frame = await _frames.Reader.ReadAsync(limit.Token);
            if (wanted(frame))
            {
                return frame;
            }
        }
    }

    internal Task<Http2Frame> NextAsync(FrameType type, int? stream = null) => NextAsync(frame => frame.Type == type && (stream is null || frame.Stream == stream));

    /// <summary>What came of a stream until it ended, however it did.</summary>
    internal async Task<List<Http2Frame>> UntilEndAsync(int stream)
    {
        var frames = new List<Http2Frame>();
        while (frames.Count == 0 || (!frames[^1].EndsStream && frames[^1].Type != FrameType.RstStream))
        {
            frames.Add(await NextAsync(frame => frame.Stream == stream));
        }

        return frames;
    }

    private static byte[] Number(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    // HPACK's plainest form: literals without indexing, no Huffman (RFC 7541, 6.2.2).
    private static byte[] Literals(IEnumerable<(string Name, string Value)> headers)
    {
        var block = new MemoryStream();
        foreach (var (name, value) in headers)
        {
            block.WriteByte(0);
            Put(name);
            Put(value);
        }

        return block.ToArray();

        void Put(string text)
        {
            if (text.Length < 127)
            {
                block.WriteByte((byte)text.Length);
            }
            else
            {
                block.WriteByte(127);
                var rest = text.Length - 127;
                for (; rest >= 128; rest >>= 7)
                {
                    block.WriteByte((byte)((rest & 127) | 128));
                }

                block.WriteByte((byte)rest);
            }

            block.Write(Encoding.Latin1.GetBytes(text));
        }
    }

    private async Task BeginAsync((short Id, int Value)[] settings)
    {
        var payload = new byte[settings.Length * 6];
        for (var i = 0; i < settings.Length; i++)
        {
            BinaryPrimitives.WriteInt16BigEndian(payload.AsSpan(i * 6), settings[i].Id);
            BinaryPrimitives.WriteInt32BigEndian(payload.AsSpan((i * 6) + 2), settings[i].Value);
        }

        await SendAsync(FrameType.Settings, 0, 0, payload);
        _reading = ReadAsync();
    }

    private async Task ReadAsync()
    {
        var header = new byte[9];
        try
        {
            while (true)
            {
                await _stream.ReadExactlyAsync(header);
                var payload = new byte[BinaryPrimitives.ReadInt32BigEndian(header) >> 8];
                await _stream.ReadExactlyAsync(payload);
                var frame = new Http2Frame((FrameType)header[3], header[4], BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5)) & int.MaxValue, payload);
                if (frame.Type is FrameType.Ping && !frame.IsAck)
                {
                    Interlocked.Increment(ref _pings);
                }

                if ((frame.Type is FrameType.Settings || (frame.Type is FrameType.Ping && AnswersPings)) && !frame.IsAck)
                {
                    await SendAsync(frame.Type, Http2Frame.Ack, 0, frame.Type is FrameType.Ping ? payload : Array.Empty<byte>());
                }

                _frames.Writer.TryWrite(frame);
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or SocketException)
        {
            _frames.Writer.TryComplete();
        }
    }
}
