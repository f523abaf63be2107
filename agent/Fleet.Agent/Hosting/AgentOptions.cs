using System.Net;
using Fleet.Agent.Kube.Client;

namespace Fleet.Agent.Hosting;

/// <summary>Everything that one agent is told at its start.</summary>
public sealed record AgentOptions
{
    /// <summary>Path of a kubeconfig; empty: the pod's own service account.</summary>
    public string Kubeconfig { get; init; } = "";
    /// <summary>A context of the kubeconfig; empty: its current one.</summary>
    public string Context { get; init; } = "";
    /// <summary>https://host:port of the hub's API listener, where agents enroll.</summary>
    public required Uri Hub { get; init; }
    /// <summary>The name that the cluster asks for.</summary>
    public required string ClusterName { get; init; }
    /// <summary>An enrollment token (id.secret); needed until the cluster is enrolled.</summary>
    public string Token { get; init; } = "";
    /// <summary>A file with the token, read anew at each try, so that a mended Secret is seen without a restart.</summary>
    public string TokenFile { get; init; } = "";
    /// <summary>sha256:HEX of the hub CA's SubjectPublicKeyInfo.</summary>
    public string CaPin { get; init; } = "";
    /// <summary>Where the agent keeps its Secrets; made when absent.</summary>
    public string StateNamespace { get; init; } = "fleet-system";
    /// <summary>Where /healthz and /metrics are served; null: nowhere.</summary>
    public IPEndPoint? Listen { get; init; }
    /// <summary>A folder for Git objects that may be lost at any time; empty: memory.</summary>
    public string CacheDirectory { get; init; } = "";
    /// <summary>Bytes of Git objects kept at most.</summary>
    public long CacheBytes { get; init; } = 256L << 20;
    /// <summary>How often each Assignment is checked whole although nothing changed; up to 20 % jitter is added.</summary>
    public TimeSpan FullCheckInterval { get; init; } = TimeSpan.FromHours(1);
    /// <summary>Applies in flight at once, over all Assignments.</summary>
    public int Parallelism { get; init; } = 8;
    /// <summary>This cluster's own policy (docs/agent-policy.md); empty: none.</summary>
    public string PolicyFile { get; init; } = "";
    /// <summary>How often the policy file is looked at.</summary>
    public TimeSpan PolicyInterval { get; init; } = TimeSpan.FromSeconds(5);
    /// <summary>The Deployment that this process is of (fleet-agent or fleet-agent-b); empty: it cannot upgrade itself.</summary>
    public string Deployment { get; init; } = "";
    /// <summary>Patterns on the images that an upgrade may name; none: none.</summary>
    public IReadOnlyList<string> UpgradeImages { get; init; } = [];
    /// <summary>Random for each start; tests may fix it.</summary>
    public string BootId { get; init; } = Guid.NewGuid().ToString("N");
    public KubeClientOptions Kube { get; init; } = new();
    public string Version { get; init; } = AgentVersion.Text;
}
