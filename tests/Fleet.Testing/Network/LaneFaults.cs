namespace Fleet.Testing.Network;

/// <summary>What happens to the bytes of one direction.</summary>
internal sealed record LaneFaults
{
    public static readonly LaneFaults None = new();

    /// <summary>Nothing is read any more, so that the sender's window fills.</summary>
    public bool Stalled { get; init; }

    /// <summary>All is read and nothing forwarded: the sender believes that all is well.</summary>
    public bool Swallows { get; init; }

    public TimeSpan Delay { get; init; }

    /// <summary>Zero: as fast as it goes.</summary>
    public int BytesPerSecond { get; init; }

    /// <summary>The connection is cut when so many bytes of it have been forwarded in this direction.</summary>
    public long? CutAfter { get; init; }

    public CutKind CutKind { get; init; }
}
