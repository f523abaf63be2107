using System.Buffers;
using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>The responses of a call.</summary>
internal sealed class ResponseStream<T>(ServerCall call, Action<T, SerializationContext> serializer) : IServerStreamWriter<T>
    where T : class
{
    // A hint to buffer must not become a heap of messages.
    private const long MostUnflushed = 64 * 1024;

    private const int InternalError = 0x2;

    private DirectFrame? _direct;
    private MessageFrame? _packed;

    public WriteOptions? WriteOptions
    {
        get => call.WriteOptions;
        set => call.WriteOptions = value;
    }

    public Task WriteAsync(T message) => WriteAsync(message, CancellationToken.None);

    public async Task WriteAsync(T message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        call.BeginWrite();
        try
        {
            var ended = call.CancellationToken;
            using var linked = cancellationToken.CanBeCanceled && cancellationToken != ended
                ? CancellationTokenSource.CreateLinkedTokenSource(ended, cancellationToken)
                : null;
            var token = linked?.Token ?? ended;
            token.ThrowIfCancellationRequested();
            Put(message);
            if (!MayWait())
            {
                // Waits while the peer's flow control and Kestrel's response buffer are full.
                await call.Http.Response.BodyWriter.FlushAsync(token);
            }

            // Kestrel swallows what is written to a stream that the client has left; tell the handler.
            token.ThrowIfCancellationRequested();
        }
        finally
        {
            call.EndWrite();
        }
    }

    /// <summary>Leaves the message in the buffer, to go out in one piece with the trailers.</summary>
    internal void WriteLast(T message)
    {
        call.BeginWrite();
        try
        {
            Put(message);
        }
        finally
        {
            call.EndWrite();
        }
    }

    private bool MayWait()
    {
        var body = call.Http.Response.BodyWriter;
        return WriteOptions?.Flags.HasFlag(WriteFlags.BufferHint) is true && body.CanGetUnflushedBytes && body.UnflushedBytes < MostUnflushed;
    }

    private void Put(T message)
    {
        if (call.ResponseIsGzip && WriteOptions?.Flags.HasFlag(WriteFlags.NoCompress) is not true)
        {
            _packed ??= new MessageFrame(call.Settings.MaxSendMessageSize);
            var frame = _packed.Build(message, serializer, gzip: true);
            call.HasBody = true;
            call.Http.Response.BodyWriter.Write(frame.Span);
            _packed.Release();
            return;
        }

        _direct ??= new DirectFrame(call.Http.Response.BodyWriter, call.Settings.MaxSendMessageSize);
        try
        {
            _direct.Write(message, serializer);
            call.HasBody = true;
        }
        finally
        {
            if (_direct.IsBroken)
            {
                // Whatever came after would be taken for the rest of this message.
                call.Http.Features.Get<IHttpResetFeature>()?.Reset(InternalError);
            }
        }
    }
}
