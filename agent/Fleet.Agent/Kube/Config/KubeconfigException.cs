namespace Fleet.Agent.Kube.Config;

/// <summary>A kubeconfig, or the pod's own credentials, cannot be used; the message says what to change.</summary>
public sealed class KubeconfigException(string message) : Exception(message);
