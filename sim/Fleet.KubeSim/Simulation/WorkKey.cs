namespace Fleet.KubeSim.Simulation;

/// <summary>What a controller has to look at.</summary>
internal readonly record struct WorkKey(SimulationController Controller, string Namespace, string Name);
