using System.Buffers.Binary;

namespace Fleet.Agent.Core.Signatures;

/// <summary>Reads SSH's wire form (RFC 4251): numbers and strings with a length before them. What is too short is said by <see cref="Failed"/>, and reads as empty.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public bool Failed { get; private set; }
    public readonly bool AtEnd => _rest.IsEmpty;

    public uint Number()
    {
        if (_rest.Length < 4)
        {
            Fail();
            return 0;
        }
        var n = BinaryPrimitives.ReadUInt32BigEndian(_rest);
        _rest = _rest[4..];
        return n;
    }

    public ReadOnlySpan<byte> Text()
    {
        var length = Number();
        if (Failed || length > _rest.Length)
        {
            Fail();
            return [];
        }
        var text = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return text;
    }

    /// <summary>A positive number without its leading zeros.</summary>
    public ReadOnlySpan<byte> Positive()
    {
        var n = Text();
        if (n.IsEmpty || (n[0] & 0x80) != 0)
        {
            Fail();
            return [];
        }
        return n.TrimStart((byte)0);
    }

    public ReadOnlySpan<byte> Rest(int length)
    {
        if (length > _rest.Length)
        {
            Fail();
            return [];
        }
        var some = _rest[..length];
        _rest = _rest[length..];
        return some;
    }

    private void Fail()
    {
        Failed = true;
        _rest = [];
    }
}
