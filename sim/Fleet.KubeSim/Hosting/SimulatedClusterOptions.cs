namespace Fleet.KubeSim.Hosting;

/// <summary>Which credential a simulated cluster writes into its kubeconfig.</summary>
public enum KubeconfigCredential
{
    /// <summary>A client certificate of the group system:masters.</summary>
    ClientCertificate,

    /// <summary>A bearer token of the group system:masters.</summary>
    Token,
}

/// <summary>What one simulated cluster is made of.</summary>
public sealed class SimulatedClusterOptions
{
    /// <summary>Name of the cluster: it names the kubeconfig file and the context in it.</summary>
    public required string Name { get; init; }

    /// <summary>Loopback port, or 0 for a free one.</summary>
    public int Port { get; init; }

    /// <summary>Whether the controllers run: workloads become ready, namespaces end, owners' dependents are collected.</summary>
    public bool Controllers { get; init; } = true;

    /// <summary>Whether a kubelet is simulated: pods run and workloads become ready. Off: only what kube-controller-manager writes.</summary>
    public bool Kubelet { get; init; } = true;

    /// <summary>Time from a workload's change until it is ready.</summary>
    public TimeSpan ReadyDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Time from a CustomResourceDefinition's creation until its kind is served.</summary>
    public TimeSpan EstablishDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How long the controllers leave a deleted namespace alone before they empty it: a real cluster's five seconds would only slow tests.</summary>
    public TimeSpan NamespaceDeletionDelay { get; init; }

    /// <summary>Images that cannot be pulled, by exact reference or, with a trailing *, by prefix.</summary>
    public IReadOnlyList<string> BrokenImages { get; init; } = [];

    /// <summary>Images that take longer, as <see cref="BrokenImages"/>, with the time that they add.</summary>
    public IReadOnlyDictionary<string, TimeSpan> SlowImages { get; init; } = new Dictionary<string, TimeSpan>();

    /// <summary>What the kubeconfig authenticates with.</summary>
    public KubeconfigCredential Credential { get; init; }

    /// <summary>How many requests the log keeps.</summary>
    public int RequestLogCapacity { get; init; } = 20_000;

    /// <summary>Seeds the faults' random choices and generated names.</summary>
    public int Seed { get; init; } = 1;
}
