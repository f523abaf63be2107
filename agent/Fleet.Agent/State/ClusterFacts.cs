using Fleet.Agent.Core.Errors;
using Fleet.Agent.Kube;

namespace Fleet.Agent.State;

/// <summary>What the agent states of its cluster: the UID of kube-system, and the version of Kubernetes.</summary>
internal sealed record ClusterFacts(string Uid, string KubernetesVersion)
{
    private static readonly KubeResource Namespaces = new("", "v1", "Namespace", "namespaces", false, []);

    public static async Task<KubeResult<ClusterFacts>> ReadAsync(IKubeApi kube, CancellationToken cancellationToken)
    {
        var version = await kube.GetServerVersionAsync(cancellationToken).ConfigureAwait(false);
        if (!version.IsOk) return version.Error;
        var system = await kube.GetAsync(Namespaces, "", "kube-system", cancellationToken).ConfigureAwait(false);
        if (!system.IsOk) return system.Error;
        return system.Value.Uid.Length > 0
            ? new ClusterFacts(system.Value.Uid, version.Value.GitVersion)
            : new KubeApiError { Failure = KubeFailure.Unreadable, Message = "the kube-system namespace has no uid" };
    }
}
