using System.Diagnostics;
using Fleet.KubeSim.Hosting;

namespace Fleet.KubeSim.Tests.Kubectl;

/// <summary>Stock kubectl, where it is on the PATH, against a simulated cluster.</summary>
public class KubectlTests
{
    private const string Deployment = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 2
          selector: {matchLabels: {app: web}}
          template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: "nginx:1"}]}}
        """;

    [KubectlFact]
    public async Task Kubectl_EverydayCommands_WorkAsOnARealCluster()
    {
        await using var api = await SimulatedApi.StartAsync(() => new SimulatedClusterOptions { Name = "kubectl", ReadyDelay = TimeSpan.FromMilliseconds(100) });
        var folder = Directory.CreateTempSubdirectory("kubesim-kubectl-").FullName;
        try
        {
            api.Cluster.WriteKubeconfig(Path.Combine(folder, "config"));
            await File.WriteAllTextAsync(Path.Combine(folder, "web.yaml"), Deployment);

            foreach (var (command, expected) in new (string, string)[]
            {
                ("create namespace x", "namespace/x created"),
                ("apply -n x -f web.yaml", "deployment.apps/web created"),
                ("rollout status -n x deploy/web --timeout=30s", "successfully rolled out"),
                ("get -n x deploy web --no-headers", "web   2/2   2     2"),
                ("apply -n x -f web.yaml", "deployment.apps/web unchanged"),
                ("apply -n x --server-side --force-conflicts -f web.yaml", "deployment.apps/web serverside-applied"),
                ("set image -n x deploy/web c=nginx:2", "deployment.apps/web image updated"),
                ("rollout status -n x deploy/web --timeout=30s", "successfully rolled out"),
                ("rollout undo -n x deploy/web", "deployment.apps/web rolled back"),
                ("scale -n x deploy/web --replicas=1", "deployment.apps/web scaled"),
                ("patch -n x deploy web --type=json -p=[{\"op\":\"remove\",\"path\":\"/spec/progressDeadlineSeconds\"}]", "deployment.apps/web patched"),
                ("label -n x deploy web a=b", "deployment.apps/web labeled"),
                ("create configmap -n x cm --from-literal=a=1", "configmap/cm created"),
                ("get -n x cm cm -o jsonpath={.data.a}", "1"),
                ("auth can-i delete pods -n x", "yes"),
                ("auth can-i delete pods -n x --as=system:serviceaccount:x:default", "no"),
                ("api-resources --api-group=apps -o name", "deployments.apps"),
                ("explain deployment.spec.replicas", "FIELD: replicas <integer>"),
                ("wait -n x --for=condition=Available deploy/web --timeout=30s", "deployment.apps/web condition met"),
                ("delete namespace x --timeout=30s", "namespace \"x\" deleted"),
                ("get namespace x --ignore-not-found", ""),
            })
            {
                var output = await RunAsync(folder, command);
                Assert.True(output.Contains(expected, StringComparison.Ordinal), $"kubectl {command}\nwanted: {expected}\ngot: {output}");
            }

            Assert.DoesNotContain(api.Cluster.Requests.Snapshot(), r => r.Error is not null);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task ProtocolBuffers_UnknownKind_RefusedAndNothingLost()
    {
        await using var api = await SimulatedApi.StartAsync();
        // k8s\0, then Unknown{typeMeta{apiVersion v1, kind Nothing}, raw{}}
        byte[] body = [.. "k8s\0"u8, 0x0a, 0x0d, 0x0a, 0x02, .. "v1"u8, 0x12, 0x07, .. "Nothing"u8, 0x12, 0x00];
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new("application/vnd.kubernetes.protobuf");
        using var response = await api.Http.PostAsync("/api/v1/namespaces/default/configmaps", content);

        Assert.Equal(415, (int)response.StatusCode);
        Assert.Contains("send JSON", await response.Content.ReadAsStringAsync());
    }

    private static async Task<string> RunAsync(string folder, string command)
    {
        var start = new ProcessStartInfo("kubectl") { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in command.Split(' '))
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["KUBECONFIG"] = Path.Combine(folder, "config");
        start.Environment["HOME"] = folder;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
        await process.WaitForExitAsync(limit.Token);
        return await output + await errors;
    }
}
