namespace Fleet.Hub.Sessions;

/// <summary>What agents and operators are told about sessions.</summary>
internal static class SessionWords
{
    public const string Quarantined =
        "Two agents use this cluster's identity. Neither is served until an operator has found out which is the right one, revoked the other's copy and released the incident.";

    public const string Revoked = "This cluster's identity was ended, or it was never enrolled here. What it runs stays; enroll it again to manage it.";

    public const string Pending = "This cluster waits for an operator's approval: fleetctl clusters approve.";

    public const string Restored =
        "The agent presented an older session value: its Secret was probably restored from a backup. It keeps what it has, and nothing is removed, until an operator releases the incident.";
}
