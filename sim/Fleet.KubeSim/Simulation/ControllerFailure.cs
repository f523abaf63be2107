namespace Fleet.KubeSim.Simulation;

/// <summary>A controller's attempt that was refused or went wrong; it is repeated after a while.</summary>
public sealed record ControllerFailure(DateTimeOffset Time, string Controller, string Namespace, string Name, string Message);
