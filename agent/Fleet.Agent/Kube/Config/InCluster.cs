namespace Fleet.Agent.Kube.Config;

/// <summary>A pod's way to its own API server.</summary>
public static class InCluster
{
    public const string AccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>True inside a pod with a mounted account.</summary>
    public static bool IsHere(Func<string, string?> environment, string folder = AccountFolder) =>
        !string.IsNullOrEmpty(environment("KUBERNETES_SERVICE_HOST")) && File.Exists(Path.Combine(folder, "token"));

    public static ClusterAccess Load(Func<string, string?> environment, TimeProvider time, string folder = AccountFolder)
    {
        var host = environment("KUBERNETES_SERVICE_HOST");
        var port = environment("KUBERNETES_SERVICE_PORT");
        if (string.IsNullOrEmpty(host) || string.IsNullOrEmpty(port))
        {
            throw new KubeconfigException("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set: this is no pod. Give --kubeconfig");
        }
        var token = Path.Combine(folder, "token");
        var ca = Path.Combine(folder, "ca.crt");
        foreach (var file in (string[])[token, ca])
        {
            if (!File.Exists(file)) throw new KubeconfigException($"{file} is missing: set automountServiceAccountToken: true on the pod, or give --kubeconfig");
        }
        var ns = Path.Combine(folder, "namespace");
        var authority = host.Contains(':') && !host.StartsWith('[') ? $"[{host}]" : host;
        return new(new Uri($"https://{authority}:{port}"), ServerTrust.InFile(ca), new TokenFileCredential(token, null, time))
        {
            Namespace = File.Exists(ns) ? File.ReadAllText(ns).Trim() : "default",
        };
    }
}
