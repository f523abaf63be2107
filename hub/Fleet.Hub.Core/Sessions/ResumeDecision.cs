namespace Fleet.Hub.Core.Sessions;

/// <summary>What a session does first with a cluster's desired state.</summary>
public enum ResumeKind
{
    /// <summary>The agent has what the hub wants.</summary>
    UpToDate,

    /// <summary>Changes after a generation that both know.</summary>
    Delta,

    /// <summary>Everything: the agent has nothing, or something older than the hub can prove.</summary>
    Index,

    /// <summary>The agent accepted something that this hub never wrote: a restored, emptied or rewound hub. It keeps what it has.</summary>
    Fork,
}

/// <summary>The outcome of a Hello.</summary>
/// <param name="Kind">What comes first.</param>
/// <param name="Base">For Delta: the generation to go forward from.</param>
/// <param name="Why">For Fork: for people.</param>
public sealed record ResumeDecision(ResumeKind Kind, ulong Base = 0, string Why = "");

/// <summary>A point in a cluster's desired state: its generation and the hash of all changes up to it.</summary>
public sealed record ChainPoint(ulong Generation, byte[] Chain);

/// <summary>What an agent says that it accepted and persisted. An empty lineage: nothing.</summary>
public sealed record AgentPosition(byte[] Lineage, ulong Generation, byte[] Chain);

/// <summary>Where the hub is.</summary>
/// <param name="Lineage">The hub's own history.</param>
/// <param name="Head">The desired generation and its chain.</param>
/// <param name="Ring">The last changes' points, the head among them; 256 are kept.</param>
/// <param name="Acknowledged">The highest generation that the agent once acknowledged.</param>
public sealed record HubPosition(byte[] Lineage, ChainPoint Head, IReadOnlyCollection<ChainPoint> Ring, ulong Acknowledged = 0);

/// <summary>Compares where an agent stands with where the hub stands.</summary>
public static class SessionResume
{
    public static ResumeDecision Decide(AgentPosition agent, HubPosition hub)
    {
        ArgumentNullException.ThrowIfNull(agent);
        ArgumentNullException.ThrowIfNull(hub);

        if (agent.Lineage.Length == 0 || agent.Generation == 0)
        {
            // Generation 0 is the same for everyone: nothing was ever accepted.
            return hub.Head.Generation == 0 && agent.Lineage.AsSpan().SequenceEqual(hub.Lineage)
                ? new ResumeDecision(ResumeKind.UpToDate)
                : new ResumeDecision(ResumeKind.Index);
        }

        if (agent.Generation > hub.Head.Generation)
        {
            return Fork($"The agent accepted generation {agent.Generation}; this hub is at {hub.Head.Generation}. "
                + "The hub's database was probably restored from a backup or replaced.");
        }

        var known = agent.Generation == hub.Head.Generation
            ? hub.Head
            : hub.Ring.FirstOrDefault(point => point.Generation == agent.Generation);
        if (known is not null && known.Chain.AsSpan().SequenceEqual(agent.Chain))
        {
            // Also under another lineage: a hub that moved house with its whole history is the same hub.
            return agent.Generation == hub.Head.Generation ? new ResumeDecision(ResumeKind.UpToDate)
                // An agent that went back behind what it acknowledged may have lost a tombstone that the hub has dropped since:
                // a delta would leave that target in force unseen, while the index shows it as Orphaned.
                : agent.Generation < hub.Acknowledged ? new ResumeDecision(ResumeKind.Index)
                : new ResumeDecision(ResumeKind.Delta, agent.Generation);
        }

        if (!agent.Lineage.AsSpan().SequenceEqual(hub.Lineage))
        {
            return Fork($"The agent accepted generation {agent.Generation} from a hub with another history (lineage). "
                + "The hub's database was probably restored, replaced or emptied.");
        }

        return known is null
            ? new ResumeDecision(ResumeKind.Index)
            : Fork($"The agent's generation {agent.Generation} holds other changes than this hub's. "
                + "The hub's database was probably rewound and written to again.");
    }

    private static ResumeDecision Fork(string why) => new(ResumeKind.Fork, Why: why);
}
