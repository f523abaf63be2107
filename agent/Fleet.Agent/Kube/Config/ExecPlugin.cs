using System.Text.Json.Nodes;
using Fleet.Agent.Core.Objects;

namespace Fleet.Agent.Kube.Config;

/// <summary>A credential plugin as a kubeconfig declares it.</summary>
internal sealed record ExecPlugin(string Command, IReadOnlyList<string> Arguments, IReadOnlyList<(string Name, string Value)> Environment,
    string ApiVersion, bool WantsCluster, string InstallHint)
{
    public static ExecPlugin Of(JsonObject exec, string file)
    {
        var command = exec.Text("command") ?? "";
        if (command.Length == 0) throw new KubeconfigException($"{file}: exec has no command");
        var version = exec.Text("apiVersion") ?? "";
        if (version is not ("client.authentication.k8s.io/v1" or "client.authentication.k8s.io/v1beta1"))
        {
            throw new KubeconfigException($"{file}: exec's apiVersion is '{version}'. Write client.authentication.k8s.io/v1");
        }
        if (exec.Text("interactiveMode") == "Always")
        {
            throw new KubeconfigException($"{file}: exec's interactiveMode is Always, but nobody is there to ask. Use a plugin that needs no terminal");
        }
        // Like kubectl: a name with a slash is relative to the kubeconfig, a bare one is looked up in PATH.
        if (command.Contains('/') && !Path.IsPathRooted(command)) command = Kubeconfig.Resolve(command, file);
        return new(command, [.. (exec.List("args") ?? []).Select(a => a.AsText()).OfType<string>()],
            [.. exec.List("env").Objects().Select(e => (e.Text("name") ?? "", e.Text("value") ?? "")).Where(e => e.Item1.Length > 0)],
            version, exec.Flag("provideClusterInfo") == true, exec.Text("installHint") ?? "");
    }
}
