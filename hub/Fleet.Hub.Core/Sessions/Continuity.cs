namespace Fleet.Hub.Core.Sessions;

/// <summary>What a Hello's continuity value says about who is calling.</summary>
public enum ContinuityVerdict
{
    /// <summary>The agent that was here last.</summary>
    Same,

    /// <summary>An older value, and nobody else is connected: the agent's Secret was restored from a backup.</summary>
    Restored,

    /// <summary>An older value while another copy is live: two agents share one identity.</summary>
    Cloned,
}

/// <summary>The values that a cluster's next Hello may present: the last one that it proved to have, and those given since.</summary>
/// <remarks>
/// A Welcome can be lost, and lost again, on a bad link; a value counts as given up only once a younger one was presented.
/// (Were only the last value and the one before it good, as the protocol page had it, two lost Welcomes in a row would look
/// like a restored Secret.) Two live copies still part at their second Hello: whoever comes first drops the other's value.
/// </remarks>
/// <param name="Values">The last value presented (empty: none, at the first Hello), then those issued since, oldest first.</param>
public sealed record Continuity(IReadOnlyList<byte[]> Values)
{
    public const int Length = 16;
    private const int MaxOutstanding = 8;

    /// <summary>A cluster that has never said Hello: it has nothing to present.</summary>
    public static readonly Continuity None = new([[]]);

    /// <summary>What was given is not known any more (the hub's database is an older one): whoever comes first is believed.</summary>
    public static readonly Continuity Forgotten = new([]);

    private const byte ForgottenMark = 0xFF;

    /// <summary>Judges a Hello.</summary>
    /// <param name="presented">As sent; empty: the agent has none.</param>
    /// <param name="otherIsLive">Whether another session of the cluster was heard just now.</param>
    public ContinuityVerdict Judge(ReadOnlySpan<byte> presented, bool otherIsLive)
    {
        if (Values.Count == 0)
        {
            return ContinuityVerdict.Same;
        }

        foreach (var value in Values)
        {
            if (presented.SequenceEqual(value))
            {
                return ContinuityVerdict.Same;
            }
        }

        return otherIsLive ? ContinuityVerdict.Cloned : ContinuityVerdict.Restored;
    }

    /// <summary>What is good from now on.</summary>
    public Continuity Issue(ReadOnlySpan<byte> presented, byte[] next)
    {
        var confirmed = presented.ToArray();
        var outstanding = Values.Count > 0 && presented.SequenceEqual(Values[0]) ? Values.Skip(1) : [];
        return new Continuity([confirmed, .. outstanding.TakeLast(MaxOutstanding - 1), next]);
    }

    /// <summary>One length byte and the value, each.</summary>
    public byte[] Pack() => Values.Count == 0 ? [ForgottenMark] : [.. Values.SelectMany(value => value.Prepend((byte)value.Length))];

    public static Continuity Unpack(byte[] packed)
    {
        ArgumentNullException.ThrowIfNull(packed);
        if (packed.Length == 0)
        {
            return None;
        }

        if (packed is [ForgottenMark])
        {
            return Forgotten;
        }

        var values = new List<byte[]>();
        for (var at = 0; at < packed.Length; at += 1 + packed[at])
        {
            values.Add(packed[(at + 1)..(at + 1 + packed[at])]);
        }

        return new Continuity(values);
    }
}
