namespace Fleet.Cli;

/// <summary>What fleetctl exits with; documented in docs/fleetctl.md, and kept.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;

    /// <summary>The call failed; for `diff`: there are differences, as kubectl's.</summary>
    public const int Failed = 1;
    public const int Usage = 2;
    public const int InvalidInput = 3;
    public const int NotFound = 4;
    public const int Denied = 5;
    public const int Unreachable = 6;
    public const int TimedOut = 7;

    /// <summary>A confirmation is needed and could not be asked for.</summary>
    public const int NeedsConfirmation = 8;
    public const int Interrupted = 130;
}
