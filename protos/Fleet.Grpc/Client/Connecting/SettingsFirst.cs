using System.Buffers.Binary;
using System.Net;

namespace Grpc.Net.Client.Connecting;

/// <summary>
/// Greets an HTTP/2 server, and hands the connection on when its SETTINGS are here. HttpClient would send up to 100 streams before
/// it knows how many the server takes; the rest would be refused, again and again. Stock gRPC clients wait likewise.
/// </summary>
internal static class SettingsFirst
{
    private const int FrameHeader = 9;
    private const int MostBeforeAck = 64 * 1024;
    private const byte Settings = 0x4;
    private const byte Ack = 0x1;

    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>Makes the handler's connections wait; a filter that the handler has already comes first.</summary>
    internal static void Install(SocketsHttpHandler handler)
    {
        var inner = handler.PlaintextStreamFilter;
        handler.PlaintextStreamFilter = async (context, cancellationToken) =>
        {
            var stream = inner is null ? context.PlaintextStream : await inner(context, cancellationToken).ConfigureAwait(false);
            return context.NegotiatedHttpVersion == HttpVersion.Version20 ? await GreetAsync(stream, cancellationToken).ConfigureAwait(false) : stream;
        };
    }

    /// <summary>Sends the preface and empty SETTINGS, and reads until those are acknowledged: the server's own come before.</summary>
    internal static async ValueTask<Stream> GreetAsync(Stream stream, CancellationToken cancellationToken)
    {
        var hello = new byte[Preface.Length + FrameHeader];
        Preface.CopyTo(hello);
        hello[Preface.Length + 3] = Settings;
        await stream.WriteAsync(hello, cancellationToken).ConfigureAwait(false);
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);

        var read = new MemoryStream();
        var header = new byte[FrameHeader];
        while (true)
        {
            if (await stream.ReadAtLeastAsync(header, FrameHeader, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false) < FrameHeader)
            {
                throw new IOException("The server closed the connection before it said a word of HTTP/2.");
            }

            var length = BinaryPrimitives.ReadInt32BigEndian(header) >> 8 & 0xffffff;
            if (length + read.Length > MostBeforeAck)
            {
                // HTTP/1.1, or worse: HttpClient finds the words for it.
                read.Write(header);
                break;
            }

            var payload = new byte[length];
            await stream.ReadExactlyAsync(payload, cancellationToken).ConfigureAwait(false);
            if (header[3] == Settings && (header[4] & Ack) != 0)
            {
                break;
            }

            read.Write(header);
            read.Write(payload);
        }

        return new GreetedStream(stream, read.ToArray(), Preface.Length);
    }
}
