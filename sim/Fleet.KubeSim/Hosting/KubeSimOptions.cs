namespace Fleet.KubeSim.Hosting;

/// <summary>What a process full of simulated clusters starts with.</summary>
public sealed class KubeSimOptions
{
    /// <summary>The clusters to start at once; more can be added later.</summary>
    public IReadOnlyList<SimulatedClusterOptions> Clusters { get; init; } = [];

    /// <summary>The clock of timestamps, delays and time-outs.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Options for <paramref name="count"/> clusters named cluster-1, cluster-2 and so on.</summary>
    public static KubeSimOptions WithClusters(int count, Func<string, SimulatedClusterOptions>? configure = null)
    {
        configure ??= static name => new SimulatedClusterOptions { Name = name };
        return new KubeSimOptions { Clusters = [.. Enumerable.Range(1, count).Select(i => configure($"cluster-{i}"))] };
    }
}
