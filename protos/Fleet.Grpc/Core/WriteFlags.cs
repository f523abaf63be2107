namespace Grpc.Core;

/// <summary>Hints for one written message.</summary>
[Flags]
public enum WriteFlags
{
    None = 0x0,

    /// <summary>The message may wait in a buffer for the next one.</summary>
    BufferHint = 0x1,

    /// <summary>The message is not compressed, though the call is.</summary>
    NoCompress = 0x2,
}
