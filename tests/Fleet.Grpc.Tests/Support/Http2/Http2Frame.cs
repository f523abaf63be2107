namespace Grpc.Tests.Support.Http2;

internal enum FrameType : byte
{
    Data = 0,
    Headers = 1,
    RstStream = 3,
    Settings = 4,
    Ping = 6,
    GoAway = 7,
    WindowUpdate = 8,
    Continuation = 9,
}

/// <summary>One frame of RFC 9113, as it is on the wire.</summary>
internal sealed record Http2Frame(FrameType Type, byte Flags, int Stream, byte[] Payload)
{
    internal const byte EndStream = 0x1;
    internal const byte Ack = 0x1;
    internal const byte EndHeaders = 0x4;

    internal bool EndsStream => Type is FrameType.Data or FrameType.Headers && (Flags & EndStream) != 0;

    internal bool IsAck => Type is FrameType.Settings or FrameType.Ping && (Flags & Ack) != 0;

    /// <summary>The error code of RST_STREAM, or of GOAWAY.</summary>
    internal int ErrorCode => Number(Type is FrameType.GoAway ? 4 : 0);

    /// <summary>The last stream of GOAWAY.</summary>
    internal int LastStream => Number(0) & int.MaxValue;

    internal string Text => System.Text.Encoding.Latin1.GetString(Payload);

    private int Number(int at) => System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(Payload.AsSpan(at));
}
